import { setMaxListeners } from 'node:events';
import type { Clock } from '../../../core/clock.js';
import { AppError, asAppError } from '../../../core/errors.js';
import type { AttemptOutcome } from '../../../core/retry-course.js';
import type { LastAttempt } from './course.js';

/** How a port was asked, and what came of it. */
export interface PortAnswer {
  /** Null: it has the message. */
  error: AppError | null;
  /** We did not wait for it. */
  cut: boolean;
  latencyMs: number;
}

export interface PortBounds {
  /** Milliseconds; when they are over, nobody knows whether the message is there. */
  timeoutMs: number;
  signal: AbortSignal;
  clock: Clock;
}

/** Asks a port, for so long and no longer. The port has its own deadline: what it still does then, it ends by itself. */
export async function portAttempt(ask: () => Promise<void>, bounds: PortBounds): Promise<PortAnswer> {
  const { timeoutMs, signal, clock } = bounds;
  const begun = clock.monotonic();
  const over = new AbortController();
  setMaxListeners(0, signal); // any number of sends may share it
  const stop = () => over.abort();
  signal.addEventListener('abort', stop, { once: true });
  const asked = ask().then(
    () => null,
    (error: unknown) => asAppError(error),
  );
  const late = clock.sleep(timeoutMs, over.signal).then(() => outcomeUnknown(timeoutMs));
  const error = await Promise.race([asked, late]);
  const cut = signal.aborted && error?.code === 'OUTCOME_UNKNOWN';
  signal.removeEventListener('abort', stop);
  stop();
  return { error, cut, latencyMs: clock.monotonic() - begun };
}

/** `again`: a message of unknown outcome may be sent a second time. */
export function judgePortAnswer({ error, cut }: PortAnswer, again: boolean): AttemptOutcome {
  if (error === null) return { verdict: 'delivered', mayHaveArrived: true, retryAfterMs: null };
  const retryAfterMs = error.retryAfterS === undefined ? null : error.retryAfterS * 1000;
  const isUnknown = error.code === 'OUTCOME_UNKNOWN';
  const mayHaveArrived = isUnknown || error.code === 'INTERNAL';
  return { verdict: verdictOn(error, cut, again), mayHaveArrived, retryAfterMs };
}

function verdictOn(error: AppError, cut: boolean, again: boolean): AttemptOutcome['verdict'] {
  if (cut || error.code === 'SHUTTING_DOWN') return 'aborted';
  if (error.code === 'OUTCOME_UNKNOWN') return again ? 'retry' : 'unknown';
  return error.retryable ? 'retry' : 'refused';
}

export function portLastAttempt({ error, latencyMs }: PortAnswer): LastAttempt {
  if (error === null) return { what: 'taken', status: null, latencyMs };
  return { what: `${error.code}: ${error.message.replace(/\.$/, '')}`, status: null, latencyMs };
}

function outcomeUnknown(timeoutMs: number): AppError {
  return new AppError('OUTCOME_UNKNOWN', `There was no answer within ${Math.round(timeoutMs)} ms.`);
}
