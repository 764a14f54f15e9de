import { setMaxListeners } from 'node:events';
import type { Clock } from './clock.js';

export interface CoursePolicy<R> {
  /** In all, the first one included. */
  attempts: number;
  /** Milliseconds to wait before retry number `retry` (1 is the first): core/backoff, or always the same. */
  delayMs: (retry: number) => number;
  /** A `Retry-After` is obeyed up to this, milliseconds. */
  retryAfterCapMs: number;
  /** No attempt begins or lasts beyond it, milliseconds from the call. */
  maxElapsedMs: number;
  /** The first attempt is made and has its own time, even beyond `maxElapsedMs`. */
  firstInFull?: boolean;
  /** Nor beyond this, where that is earlier; on `clock.monotonic()`. */
  deadline?: number;
  clock: Clock;
  /** No further attempt and no further wait; the one under way goes on (its own signal cuts it off). */
  signal?: AbortSignal;
  /** Told of each attempt, from 1. */
  onAttempt?: (attempt: number, result: R) => void;
}

/** What one attempt means for the course. */
export interface AttemptOutcome {
  /**
   * `retry`: the same may succeed later. `refused`: it will not heal by itself. `aborted`: we cut it off. `unknown`: it
   * may be there, and must not be sent twice.
   */
  verdict: 'delivered' | 'retry' | 'refused' | 'aborted' | 'unknown';
  mayHaveArrived: boolean;
  /** What the other end asks for, milliseconds. */
  retryAfterMs: number | null;
}

/** All attempts are used; the next one would be too late; we were stopped; nobody knows, and a repeat could be a double. */
export type GiveUpReason = 'attempts' | 'elapsed' | 'aborted' | 'unknown';

export type CourseResult<R> = {
  /** Made; 0 when the time was over before the first. */
  attempts: number;
  elapsedMs: number;
  /** The target may have it: it answered, or an attempt broke off in doubt. */
  mayHaveArrived: boolean;
} & ({ kind: 'delivered' | 'refused'; last: R } | { kind: 'given up'; why: GiveUpReason; last: R | null });

/**
 * Attempts until it is delivered, refused, or not worth another attempt. `attempt` is told how many milliseconds it has
 * at most; Infinity when its own time is all that bounds it. A wait that would end too late is not begun.
 */
export async function runCourse<R>(
  attempt: (mostMs: number) => Promise<R>,
  judge: (result: R) => AttemptOutcome,
  policy: CoursePolicy<R>,
): Promise<CourseResult<R>> {
  const course = new Course(policy);
  let last: R | null = null;
  for (;;) {
    const why = await course.untilNext();
    if (why) return { kind: 'given up', why, last, ...course.figures() };
    last = await attempt(course.mostMs);
    const outcome = judge(last);
    course.add(outcome);
    policy.onAttempt?.(course.made, last);
    const { verdict } = outcome;
    if (verdict === 'delivered' || verdict === 'refused') return { kind: verdict, last, ...course.figures() };
  }
}

/** What was tried so far, and whether and when to try again. */
class Course {
  made = 0;
  private last: AttemptOutcome | null = null;
  private mayHaveArrived = false;
  private readonly begun: number;
  private readonly end: number;

  constructor(private readonly policy: Omit<CoursePolicy<never>, 'onAttempt'>) {
    if (policy.signal) setMaxListeners(0, policy.signal); // any number of courses may share it
    this.begun = policy.clock.monotonic();
    this.end = Math.min(this.begun + policy.maxElapsedMs, policy.deadline ?? Infinity);
  }

  /** For the next attempt. */
  get mostMs(): number {
    if (this.made === 0 && this.policy.firstInFull) return Infinity;
    return this.end - this.policy.clock.monotonic();
  }

  add(outcome: AttemptOutcome): void {
    this.last = outcome;
    this.made += 1;
    this.mayHaveArrived ||= outcome.mayHaveArrived;
  }

  figures(): { attempts: number; elapsedMs: number; mayHaveArrived: boolean } {
    const elapsedMs = this.policy.clock.monotonic() - this.begun;
    return { attempts: this.made, elapsedMs, mayHaveArrived: this.mayHaveArrived };
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
    const verdict = this.last?.verdict;
    if (verdict === 'unknown') return 'unknown';
    if (verdict === 'aborted' || signal?.aborted) return 'aborted';
    if (this.made >= attempts) return 'attempts';
    return waitMs >= this.mostMs ? 'elapsed' : null;
  }

  private waitMs({ retryAfterMs }: AttemptOutcome): number {
    const { delayMs, retryAfterCapMs } = this.policy;
    return Math.max(delayMs(this.made), Math.min(retryAfterMs ?? 0, retryAfterCapMs));
  }
}
