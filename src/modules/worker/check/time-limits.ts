import type { Monitor } from '../../../ports/monitor-store.port.js';

/** Where a database says nothing usable, milliseconds. */
const FALLBACK_MS = 10_000;
/** What timers can count, and more than anybody means: a day, milliseconds. */
const LONGEST_MS = 86_400_000;
/** For writing the result before the task's own time is over, milliseconds; a quarter of it where that is less. */
const TO_WRITE_MS = 15_000;

/**
 * The monitor's own timeout, milliseconds; where it has none that can be used, 0.8 of its interval. One of the whole
 * interval (1 s of 1 s, the table has whole seconds) cannot: the check would be under way still at the next tick.
 */
export function timeoutOf({ timeout, interval }: Pick<Monitor, 'timeout' | 'interval'>): number {
  if (timeout > 0 && (timeout < interval || interval <= 0)) return Math.min(timeout * 1000, LONGEST_MS);
  return interval > 0 ? Math.min(interval * 800, LONGEST_MS) : FALLBACK_MS;
}

/** What is left for a check of a task that ends at `deadline` (milliseconds since the Unix epoch). */
export function leftForCheck(deadline: number, now: number): number {
  const left = deadline - now;
  return Math.max(0, left - Math.min(TO_WRITE_MS, left / 4));
}
