import { setMaxListeners } from 'node:events';
import type { Clock } from './clock.js';
import type { HttpRequest, HttpResult } from './http-message.js';
import { classify } from './http-outcome.js';
import type { HttpSender } from './http-sender.js';

export interface RetryPolicy {
  /** In all, the first one included. */
  attempts: number;
  /** Milliseconds to wait before retry number `retry` (1 is the first): core/backoff, or always the same. */
  delayMs: (retry: number) => number;
  /** A `Retry-After` is obeyed up to this, milliseconds. */
  retryAfterCapMs: number;
  /** No attempt begins or lasts beyond it, milliseconds from the call. */
  maxElapsedMs: number;
  /** Nor beyond this, where that is earlier; on `clock.monotonic()`. */
  deadline?: number;
  clock: Clock;
  /** No further attempt and no further wait; the one under way goes on (the request's own signal cuts it off). */
  signal?: AbortSignal;
  /** Told of each attempt, from 1. */
  onAttempt?: (attempt: number, result: HttpResult) => void;
}

/** All attempts are used; the next one would be too late; a signal came, or the sender was closed. */
export type GiveUpReason = 'attempts' | 'elapsed' | 'aborted';

export type RetriedSend = {
  /** Made; 0 when the time was over before the first. */
  attempts: number;
  elapsedMs: number;
  /** The target may have it: it answered, or an attempt broke off in doubt. */
  mayHaveArrived: boolean;
} & (
  | { kind: 'delivered' | 'refused'; last: HttpResult }
  | { kind: 'given up'; why: GiveUpReason; last: HttpResult | null }
);

/**
 * Sends until it is delivered, refused, or not worth another attempt. Every attempt is the same request, its
 * `Idempotency-Key` included, so that a target that knows keys does it once. A wait that would end too late is not
 * begun.
 */
export async function sendWithRetries(
  sender: Pick<HttpSender, 'send'>,
  request: HttpRequest,
  policy: RetryPolicy,
): Promise<RetriedSend> {
  const course = new Course(policy);
  for (;;) {
    const why = await course.untilNext();
    if (why) return { kind: 'given up', why, last: course.last, ...course.figures() };
    const timeoutMs = Math.min(request.timeoutMs, course.leftMs);
    const last = await sender.send({ ...request, timeoutMs });
    course.add(last);
    const kind = classify(last);
    if (kind !== 'retry') return { kind, last, ...course.figures() };
  }
}

/** What was tried so far, and whether and when to try again. */
class Course {
  last: HttpResult | null = null;
  private attempts = 0;
  private mayHaveArrived = false;
  private readonly begun: number;
  private readonly end: number;

  constructor(private readonly policy: RetryPolicy) {
    if (policy.signal) setMaxListeners(0, policy.signal); // any number of sends may share it
    this.begun = policy.clock.monotonic();
    this.end = Math.min(this.begun + policy.maxElapsedMs, policy.deadline ?? Infinity);
  }

  get leftMs(): number {
    return this.end - this.policy.clock.monotonic();
  }

  add(result: HttpResult): void {
    this.last = result;
    this.attempts += 1;
    this.mayHaveArrived ||= result.kind === 'answer' || result.mayHaveArrived;
    this.policy.onAttempt?.(this.attempts, result);
  }

  figures(): { attempts: number; elapsedMs: number; mayHaveArrived: boolean } {
    const elapsedMs = this.policy.clock.monotonic() - this.begun;
    return { attempts: this.attempts, elapsedMs, mayHaveArrived: this.mayHaveArrived };
  }

  /** Waits for the next attempt's time; answers why there is none. */
  async untilNext(): Promise<GiveUpReason | null> {
    const waitMs = this.last ? this.waitMs(this.last) : 0;
    const why = this.reasonToStop(waitMs);
    if (why || waitMs === 0) return why;
    await this.policy.clock.sleep(waitMs, this.policy.signal);
    return this.reasonToStop(0);
  }

  private reasonToStop(waitMs: number): GiveUpReason | null {
    const { attempts, signal } = this.policy;
    if (wasCut(this.last) || signal?.aborted) return 'aborted';
    if (this.attempts >= attempts) return 'attempts';
    return waitMs >= this.leftMs ? 'elapsed' : null;
  }

  private waitMs(last: HttpResult): number {
    const { delayMs, retryAfterCapMs } = this.policy;
    const asked = last.kind === 'answer' ? (last.retryAfterMs ?? 0) : 0;
    return Math.max(delayMs(this.attempts), Math.min(asked, retryAfterCapMs));
  }
}

/** By us, not by the other end. */
function wasCut(result: HttpResult | null): boolean {
  return result?.kind === 'failed' && (result.code === 'ABORTED' || result.code === 'CLOSED');
}
