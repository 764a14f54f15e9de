import { cronGrid } from '../../../core/cron-grid.js';
import type { Grid } from '../../../core/grid.js';
import type { Monitor } from '../../../ports/monitor-store.port.js';
import type { KnownTask } from './task-kind.js';

export type Rhythm = Pick<Monitor, 'interval' | 'cron' | 'timezone'>;

/** Somebody waits for this one: it is not dropped before, milliseconds. */
const NOW_MS = 60_000;
/** Lines and zones are few; beyond that they are read anew. */
const MOST_GRIDS = 10_000;

/** When the next ticks of a monitor come, as far as a worker has to know. */
export class Rhythms {
  private readonly grids = new Map<string, Grid | null>();

  constructor(
    /** Of cron lines that name none. */
    private readonly zone: string,
  ) {}

  /** Milliseconds since the Unix epoch; Infinity where none comes. */
  tickAfter(tickAt: number, { interval, cron, timezone }: Rhythm): number {
    if (cron === null) return tickAt + intervalMs(interval);
    return this.grid(cron, timezone ?? this.zone)?.next(tickAt) ?? Infinity;
  }

  /** Newer ticks are due, so many that this one is not worth its while any more. */
  isStale({ kind, scheduledAt }: KnownTask, rhythm: Rhythm, intervals: number, now: number): boolean {
    if (kind === 'now' && now - scheduledAt < NOW_MS) return false;
    if (rhythm.cron === null) return scheduledAt + intervals * intervalMs(rhythm.interval) < now;
    let at = scheduledAt;
    for (let count = 0; count < intervals && at < now; count += 1) at = this.tickAfter(at, rhythm);
    return at < now;
  }

  private grid(line: string, zone: string): Grid | null {
    const key = `${zone} ${line}`;
    let grid = this.grids.get(key);
    if (grid === undefined) {
      if (this.grids.size >= MOST_GRIDS) this.grids.clear();
      this.grids.set(key, (grid = readGrid(line, zone)));
    }
    return grid;
  }
}

/** What lies in a database need not be a line. */
function readGrid(line: string, zone: string): Grid | null {
  try {
    return cronGrid(line, zone);
  } catch {
    return null;
  }
}

/** Nor an interval: such a monitor has no ticks. */
function intervalMs(seconds: number): number {
  return seconds > 0 ? seconds * 1000 : Infinity;
}
