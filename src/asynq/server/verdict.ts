import { encodeMessage, type TaskMessage } from '../codec.js';
import type { Outcome, Verdict } from './options.js';

/** What scripts/finish.lua is told about one task. */
export interface Write {
  verdict: 'done' | 'complete' | 'retry' | 'postpone' | 'archive' | 'requeue';
  /** Seconds: the retention, the delay. */
  number: number;
  msg: Buffer;
  uniqueKey: string;
  result: Buffer;
  outcome: Outcome;
  message: string;
}

const NOTHING = Buffer.alloc(0);
/** Of a failure's text, characters: it goes with the task wherever that goes. */
const LONGEST_MESSAGE = 2_000;
/** Beyond it (68 years) a score would be no time any more. */
const LONGEST_DELAY_MS = 2 ** 31 * 1000;
/** Where the given function throws, or answers no number. */
const FALLBACK_DELAY_MS = 60_000;

export interface VerdictContext {
  /** Milliseconds since the Unix epoch. */
  now: number;
  retryDelayMs: (failures: number) => number;
}

/** The task as it is to lie in Redis after this verdict. */
export function writeOf(
  message: TaskMessage,
  verdict: Verdict | { kind: 'requeue' },
  context: VerdictContext,
): Write {
  if (verdict.kind === 'requeue') return plain(message, 'requeue', 'requeued');
  if (verdict.kind === 'done') return doneWrite(message, verdict.result, context.now);
  if (verdict.kind === 'archive') return failureWrite(message, 'archive', verdict.message, context.now);
  const counts = verdict.countsAsFailure ?? true;
  if (counts && message.retried >= message.retry)
    return failureWrite(message, 'archive', verdict.message, context.now);
  const delay = verdict.delayMs ?? delayFrom(context, message.retried + 1);
  const write = failureWrite(message, counts ? 'retry' : 'postpone', verdict.message, context.now);
  return { ...write, number: inBounds(delay) / 1000 };
}

/** A damaged message is archived as it is, for somebody to look at. */
export function asItIs(msg: Buffer): Write {
  const none = { number: 0, uniqueKey: '', result: NOTHING, message: '' };
  return { ...none, verdict: 'archive', msg, outcome: 'archived' };
}

function plain(message: TaskMessage, verdict: Write['verdict'], outcome: Outcome): Write {
  const { uniqueKey } = message;
  return { verdict, number: 0, msg: NOTHING, uniqueKey, result: NOTHING, outcome, message: '' };
}

function doneWrite(message: TaskMessage, result: Buffer | undefined, now: number): Write {
  if (message.retention <= 0) return plain(message, 'done', 'done');
  return {
    ...plain(message, 'complete', 'done'),
    number: message.retention,
    msg: encodeMessage({ ...message, completedAt: Math.floor(now / 1000) }),
    result: result ?? NOTHING,
  };
}

const OUTCOMES = { retry: 'retried', postpone: 'postponed', archive: 'archived' } as const;

function failureWrite(
  message: TaskMessage,
  verdict: keyof typeof OUTCOMES,
  text: string,
  now: number,
): Write {
  const errorMsg = text.slice(0, LONGEST_MESSAGE).toWellFormed();
  const changed = {
    ...message,
    // As Asynq: one that is archived keeps its number.
    retried: message.retried + (verdict === 'retry' ? 1 : 0),
    errorMsg,
    lastFailedAt: Math.floor(now / 1000),
  };
  return { ...plain(message, verdict, OUTCOMES[verdict]), msg: encodeMessage(changed), message: errorMsg };
}

function delayFrom(context: VerdictContext, failures: number): number {
  try {
    return context.retryDelayMs(failures);
  } catch {
    return FALLBACK_DELAY_MS;
  }
}

function inBounds(ms: number): number {
  const delay = Math.min(Math.max(ms, 0), LONGEST_DELAY_MS);
  return Number.isNaN(delay) ? FALLBACK_DELAY_MS : delay;
}
