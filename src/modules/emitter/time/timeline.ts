import type { Schedule } from '../../../config/emitter-settings.js';
import type { Clock } from '../../../core/clock.js';
import { cronGrid } from '../../../core/cron-grid.js';
import { everyGrid, neverGrid, type Grid } from '../../../core/grid.js';

/** setTimeout knows no longer wait. */
const LONGEST_MS = 2 ** 31 - 1;
/** A wall clock that is set is noticed within this. */
const LOOK_MS = 30_000;

/** A grid, and the time that it is read by. */
export interface Timeline {
  grid: Grid;
  /** When it began, whole milliseconds. */
  startedAt: number;
  /** Milliseconds since the Unix epoch, possibly with a fraction. */
  now: () => number;
  /** No single wait is longer, milliseconds. */
  longestWaitMs: number;
}

/**
 * A period that lies on the start goes by the monotonic clock: neither its rhythm nor its planned times notice that the
 * wall clock is set. What lies on the calendar or on the epoch goes by the wall clock, as people and replicas do.
 */
export function startTimeline(schedule: Schedule, clock: Clock): Timeline {
  const startedAt = Math.floor(clock.now());
  const wall = { startedAt, now: () => clock.now(), longestWaitMs: LOOK_MS };
  if (schedule.kind === 'never') return { ...wall, grid: neverGrid };
  if (schedule.kind === 'cron') return { ...wall, grid: cronGrid(schedule.line, schedule.zone) };
  const { periodMs, onEpoch } = schedule;
  if (onEpoch) return { ...wall, grid: everyGrid({ anchorMs: 0, periodMs }) };
  const monotonicStart = clock.monotonic();
  return {
    grid: everyGrid({ anchorMs: startedAt, periodMs }),
    startedAt,
    now: () => startedAt + (clock.monotonic() - monotonicStart),
    longestWaitMs: LONGEST_MS,
  };
}
