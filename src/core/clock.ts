import { setTimeout as delay } from 'node:timers/promises';

/** Time as the code sees it, so that tests can turn it by hand (test/support/manual-clock.ts). */
export interface Clock {
  /** Wall-clock time, milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds on a clock that is never set back. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Also calls back, which costs less than a sleep that a signal can end. */
export interface AlarmClock extends Clock {
  /** Calls `ring` once after `ms`; the answer prevents it, and is harmless afterwards. */
  after(ms: number, ring: () => void): () => void;
}

export const systemClock: AlarmClock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
  after: (ms, ring) => {
    const timer = setTimeout(ring, ms);
    return () => clearTimeout(timer);
  },
};
