import { AppError } from '../../../core/errors.js';
import type { QuietMonitor } from '../../../ports/monitor-store.port.js';
import type { Grids } from '../time/grids.js';

/** So many ticks without a result. */
const TICKS = 3;
/** How long a result may take after its tick, where a cron line and not the interval says when the next one is due, milliseconds. */
const GRACE_MS = 60_000;

/**
 * Whether results stay out: for three intervals, or three ticks of the cron line. Counted from `floor` at the earliest,
 * when somebody began to enqueue again: before that nobody could have answered.
 */
export function isSilent(monitor: QuietMonitor, now: number, floor: number, grids: Grids): boolean {
  const since = Math.max(monitor.lastAt, floor);
  if (monitor.cron === null) return now - since >= TICKS * monitor.interval * 1000;
  const grid = grids.ofLine(monitor.cron, monitor.timezone, now);
  // It has no ticks at all: the status says so.
  if (grid instanceof AppError) return false;
  return grid.count(since, now - GRACE_MS) >= TICKS;
}
