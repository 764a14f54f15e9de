import type { RetrySettings } from '../../../config/emitter-settings.js';
import { backoffMs } from '../../../core/backoff.js';
import type { Clock } from '../../../core/clock.js';
import type { CoursePolicy, CourseResult } from '../../../core/retry-course.js';
import type { EmitLimits, EmitResult } from '../message.js';

export interface CourseContext {
  clock: Clock;
  /** From 0 to 1, exclusive; Math.random unless a test says otherwise. */
  random?: () => number;
}

/** How an emitter's attempts follow each other, for one message. */
export function coursePolicy(
  { attempts, delay, baseMs, capMs, retryAfterCapMs }: RetrySettings,
  { maxElapsedMs, signal }: EmitLimits,
  { clock, random }: CourseContext,
): CoursePolicy<unknown> {
  const delayMs = (retry: number) =>
    delay === 'fixed' ? baseMs : backoffMs(retry, { baseMs, capMs, random });
  return { attempts, delayMs, retryAfterCapMs, maxElapsedMs, firstInFull: true, signal, clock };
}

/** The last attempt, in words and figures. */
export interface LastAttempt {
  /** `answered 503`. */
  what: string;
  status: number | null;
  latencyMs: number;
}

const NONE: LastAttempt = { what: 'nothing was sent', status: null, latencyMs: 0 };

export function emitResult<R>(course: CourseResult<R>, describe: (last: R) => LastAttempt): EmitResult {
  const { kind: end, attempts, elapsedMs, mayHaveArrived, last } = course;
  const { what, status, latencyMs } = last === null ? NONE : describe(last);
  const reason = course.kind === 'given up' ? `${what}; ${whyGivenUp(course)}` : what;
  const aborted = course.kind === 'given up' && course.why === 'aborted';
  return { end, reason, status, attempts, elapsedMs, latencyMs, mayHaveArrived, aborted };
}

function whyGivenUp({ why, attempts }: Extract<CourseResult<unknown>, { kind: 'given up' }>): string {
  switch (why) {
    case 'attempts':
      return attempts === 1 ? 'there is one attempt only' : `all ${attempts} attempts are used`;
    case 'elapsed':
      return 'no time is left for another attempt';
    case 'aborted':
      return 'the process stops';
    case 'unknown':
      return 'not sent again, for it could be there twice';
  }
}
