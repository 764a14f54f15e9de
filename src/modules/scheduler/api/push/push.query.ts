import type { AppError } from '../../../../core/errors.js';
import { invalid } from '../../../../http/validation.js';
import type { Push } from '../../../../ports/monitor-store.port.js';

const FOUND = new Map<string, Push['found']>([
  ['', 'up'],
  ['up', 'up'],
  ['1', 'up'],
  ['down', 'down'],
  ['0', 'down'],
]);
/** A day, milliseconds. */
export const LONGEST_PING = 86_400_000;
const LONGEST_MESSAGE = 1000;

/**
 * `status` (`up`, `down`, or 1 and 0 as Peekaping has it; `up` without one), `msg` and `ping` (milliseconds) of a push.
 * @throws AppError VALIDATION_FAILED: a job that says something else must not count as well
 */
export function pushQuery({ status = '', ping = '', msg = '' }: Record<string, unknown>, at: number): Push {
  const found = typeof status === 'string' ? FOUND.get(status.toLowerCase()) : undefined;
  const latencyMs = ping === '' ? null : pingOf(ping);
  if (found === undefined) throw wrong('status', 'must be up or down');
  if (latencyMs === undefined) throw wrong('ping', `must be milliseconds, from 0 to ${LONGEST_PING}`);
  if (typeof msg !== 'string') throw wrong('msg', 'must stand once');
  return { at, found, message: message(msg), latencyMs };
}

function wrong(name: string, msg: string): AppError {
  return invalid([{ type: 'push', loc: ['query', name], msg }]);
}

function pingOf(text: unknown): number | undefined {
  if (typeof text !== 'string' || !/^\d{1,20}(\.\d{1,30})?(e[+-]?\d{1,3})?$/i.test(text)) return undefined;
  const ms = Number(text);
  return ms <= LONGEST_PING ? ms : undefined;
}

/** Without what a database may not keep. */
function message(text: string): string {
  const cut = text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE - 1)}…` : text;
  // eslint-disable-next-line no-control-regex
  return cut.replace(/[\u0000\p{Cs}]/gu, '');
}
