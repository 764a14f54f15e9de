export interface BackoffOptions {
  /** Upper bound of the first delay, milliseconds. */
  baseMs: number;
  /** No delay is longer, milliseconds. */
  capMs: number;
  /** From 0 to 1, exclusive; Math.random unless a test says otherwise. */
  random?: () => number;
}

/**
 * Milliseconds to wait before try number `attempt` (1 is the first retry): full jitter, that is a uniform draw from
 * [0, min(cap, base * 2^(attempt - 1))].
 * Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function backoffMs(attempt: number, { baseMs, capMs, random = Math.random }: BackoffOptions): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 40));
  return Math.round(random() * ceiling);
}
