import { AppError, ERROR_CODES, type ErrorCode } from '../../core/errors.js';
import type { CheckContext, CheckOutcome } from '../define-check.js';
import type { Found } from '../targets/target-names.js';
import { ResolverError, TargetForbiddenError } from '../targets/target-net.js';

/** Messages travel in arrays: all that one turn of the event loop has to say is one write. */
export type ToChild =
  | { kind: 'check'; id: number; check: WireCheck }
  | { kind: 'abort'; id: number; reason: WireError }
  | { kind: 'resolved'; id: number; found: Found[] }
  | { kind: 'unresolved'; id: number; error: WireError }
  | { kind: 'ping' };

export type FromChild =
  | { kind: 'ready' }
  | { kind: 'done'; id: number; report: CheckReport }
  | { kind: 'resolve'; id: number; host: string }
  | { kind: 'pong'; rssBytes: number };

export interface WireCheck {
  type: string;
  config: Readonly<Record<string, unknown>> | null;
  monitor: CheckContext['monitor'];
  timeoutMs: number;
}

export interface CheckReport {
  outcome: CheckOutcome;
  /** What the check threw; absent when it threw nothing. */
  error?: WireError;
  /** The longest delay of the child's event loop during the check that counts (WORKER_EVENT_LOOP_LATE_MS), else 0. */
  heldUpMs: number;
  /** How long it ran. */
  ranMs: number;
}

/** An error without its stack: all that `outcomeOfError` and `observerTrouble` look at. */
export interface WireError {
  name: string;
  message: string;
  code?: string;
  cause?: WireError;
  errors?: WireError[];
}

const MOST_DEPTH = 8;
const MOST_ERRORS = 20;
const MOST_TEXT = 8_000;

export function packError(error: unknown, depth = 0): WireError {
  if (typeof error !== 'object' || error === null) return { name: 'Error', message: String(error) };
  const { name, message, code, cause, errors } = error as Partial<Record<keyof WireError, unknown>>;
  const packed: WireError = { name: textOr(name, 'Error'), message: textOr(message, '') };
  if (typeof code === 'string') packed.code = textOr(code, '');
  if (depth >= MOST_DEPTH) return packed;
  if (typeof cause === 'object' && cause !== null) packed.cause = packError(cause, depth + 1);
  if (Array.isArray(errors))
    packed.errors = errors.slice(0, MOST_ERRORS).map((each: unknown) => packError(each, depth + 1));
  return packed;
}

/** The class again where code asks for it by `instanceof`; else an Error with the name and code that it had. */
export function unpackError({ name, message, code, cause, errors }: WireError): Error {
  const options = cause && { cause: unpackError(cause) };
  if (name === 'TargetForbiddenError') return new TargetForbiddenError(message, options);
  if (name === 'ResolverError') return new ResolverError(message, options);
  if (name === 'AppError' && code !== undefined && Object.hasOwn(ERROR_CODES, code))
    return new AppError(code as ErrorCode, message, options);
  const error = errors
    ? new AggregateError(errors.map(unpackError), message, options)
    : new Error(message, options);
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  return code === undefined ? error : Object.assign(error, { code });
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value.slice(0, MOST_TEXT) : fallback;
}
