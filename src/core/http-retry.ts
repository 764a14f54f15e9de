import type { HttpRequest, HttpResult } from './http-message.js';
import { classify } from './http-outcome.js';
import type { HttpSender } from './http-sender.js';
import { runCourse, type AttemptOutcome, type CoursePolicy, type CourseResult } from './retry-course.js';

export type { GiveUpReason } from './retry-course.js';
export type RetryPolicy = CoursePolicy<HttpResult>;
export type RetriedSend = CourseResult<HttpResult>;

/**
 * Sends until it is delivered, refused, or not worth another attempt. Every attempt is the same request, its
 * `Idempotency-Key` included, so that a target that knows keys does it once; where a part of it belongs to the attempt
 * (a timestamp, a signature over it), `request` makes it anew for each.
 */
export function sendWithRetries(
  sender: Pick<HttpSender, 'send'>,
  request: HttpRequest | (() => HttpRequest),
  policy: RetryPolicy,
): Promise<RetriedSend> {
  const make = typeof request === 'function' ? request : () => request;
  const attempt = (mostMs: number) => {
    const made = make();
    return sender.send({ ...made, timeoutMs: Math.min(made.timeoutMs, mostMs) });
  };
  return runCourse(attempt, outcomeOf, policy);
}

function outcomeOf(result: HttpResult): AttemptOutcome {
  const isAnswer = result.kind === 'answer';
  return {
    verdict: wasCut(result) ? 'aborted' : classify(result),
    mayHaveArrived: isAnswer || result.mayHaveArrived,
    retryAfterMs: isAnswer ? result.retryAfterMs : null,
  };
}

/** By us, not by the other end. */
function wasCut(result: HttpResult): boolean {
  return result.kind === 'failed' && (result.code === 'ABORTED' || result.code === 'CLOSED');
}
