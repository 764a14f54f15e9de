import { neverGrid, type Grid } from '../../../core/grid.js';
import type { Dated, Page } from '../../../core/calendar.js';
import type { MonitorSchedule, Priority } from '../../../ports/monitor-store.port.js';

/** What is kept of a monitor in memory: 100,000 of them are some 20 MB. */
export class Entry implements Dated {
  /** The planned time of its first tick that is not dealt with; Infinity: none comes. */
  at = Infinity;
  place = -1;
  page: Page | null = null;
  rank = 0;
  /** Its ticks are to be enqueued: it is active, and its row makes sense. */
  isOn = false;
  /** The full sync that saw it last. */
  seenBy = 0;
  grid: Grid = neverGrid;
  priority: Priority = 'default';
  updatedAt = -Infinity;
  private interval = 0;
  private cron: string | null = null;
  private timezone: string | null = null;

  constructor(readonly id: string) {}

  read(row: MonitorSchedule, grid: Grid): void {
    this.grid = grid;
    this.priority = row.priority;
    this.updatedAt = row.updatedAt;
    this.interval = row.interval;
    this.cron = row.cron;
    this.timezone = row.timezone;
  }

  /** Its ticks lie where the row says; the interval of a monitor that has a cron line moves nothing. */
  isPlannedAs(row: MonitorSchedule): boolean {
    if (row.cron !== this.cron) return false;
    return row.cron === null ? row.interval === this.interval : row.timezone === this.timezone;
  }

  /** The first tick after `ms`; Infinity when none comes any more. */
  after(ms: number): number {
    return this.grid.next(ms) ?? Infinity;
  }

  /** Ticks that are not dealt with, up to and with `ms`. The first may lie off the grid: it is the monitor's creation. */
  dueBy(ms: number): number {
    return this.at > ms ? 0 : 1 + this.grid.count(this.at, ms);
  }
}
