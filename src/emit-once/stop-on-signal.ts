import type { Logger } from 'pino';

export interface StopSignals {
  /** No further attempt, no further wait. */
  stop: AbortSignal;
  /** The attempt under way is cut off. */
  cut: AbortSignal;
}

/** An answer that is under way is worth waiting for: without it nobody knows whether the target has the message. */
const GRACE_MS = 5000;

/** SIGTERM and SIGINT end a wait at once, and an attempt after a while. */
export function stopOnSignal(logger: Logger): StopSignals {
  const stop = new AbortController();
  const cut = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) return; // npm passes on what the terminal has sent already
      logger.warn({ signal }, `${signal}: no further attempt; one under way has ${GRACE_MS / 1000} s.`);
      stop.abort();
      setTimeout(() => cut.abort(), GRACE_MS);
    });
  }
  return { stop: stop.signal, cut: cut.signal };
}
