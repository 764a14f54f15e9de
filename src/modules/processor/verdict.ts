import { asAppError, type AppError } from '../../core/errors.js';
import type { Progress, Verdict } from '../../ports/message-exchange.port.js';
import { DeliveryFailure, havingIt } from './delivery-failure.js';

export interface RetryPolicy {
  /** Tries in all before a message is given up. */
  attempts: number;
  /** Milliseconds, ascending; the last one repeats. */
  retryDelaysMs: readonly number[];
}

/** What is wrong with this process's disk says nothing about the message: such a failure does not count. */
const NOT_THE_MESSAGE = new Set<string>(['OUTPUT_FULL', 'OUTPUT_UNUSABLE', 'SHUTTING_DOWN']);

/** So long a message stays away from a process whose disk is in trouble, at least. */
const AWAY_MS = 5_000;

/** What becomes of a delivery whose handling threw. */
export function verdictOf(thrown: unknown, progress: Progress, policy: RetryPolicy): Verdict {
  const { error, done, trace } =
    thrown instanceof DeliveryFailure ? thrown : { ...progress, error: asAppError(thrown) };
  const reason = { code: error.code, message: error.message };
  if (NOT_THE_MESSAGE.has(error.code)) {
    const delayMs = firstDelay(policy, progress.failures, AWAY_MS);
    return { kind: 'retry', delayMs, progress: { ...progress, done, trace }, reason };
  }
  const failures = progress.failures + 1;
  if (!mayHeal(error) || failures >= policy.attempts) {
    return { kind: 'dead', progress: { ...progress, failures, done: havingIt(done), trace }, reason };
  }
  const delayMs = firstDelay(policy, progress.failures, (error.retryAfterS ?? 0) * 1000);
  return { kind: 'retry', delayMs, progress: { ...progress, failures, done, trace }, reason };
}

/** What nobody foresaw is tried again too: it may be a fault of this process, and a dead letter is kept anyway. */
export function mayHeal(error: AppError): boolean {
  return error.retryable || error.code === 'INTERNAL';
}

/** The delay of the `failures`-th step, or a later one that is at least `atLeastMs` where there is one. */
function firstDelay({ retryDelaysMs }: RetryPolicy, failures: number, atLeastMs: number): number {
  const from = retryDelaysMs.slice(Math.min(failures, retryDelaysMs.length - 1));
  return from.find((delay) => delay >= atLeastMs) ?? from.at(-1)!;
}
