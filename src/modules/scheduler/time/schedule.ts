import type { CatchUp } from '../../../config/scheduler-settings.js';
import { Calendar } from '../../../core/calendar.js';
import { AppError } from '../../../core/errors.js';
import { neverGrid, type Grid } from '../../../core/grid.js';
import { PRIORITIES, type MonitorSchedule } from '../../../ports/monitor-store.port.js';
import type { Books } from './books.js';
import { passOver, takeUp, type Reach } from './catch-up.js';
import { Entry } from './entry.js';
import type { Grids } from './grids.js';

/**
 * Of the calendar: some 2,000 ticks of 100,000 monitors. So few pages lie ahead that they stay in the processor's cache,
 * which after each rest is most of the work: on pages of 50 ms a tick took half as long again (bench/schedule.mjs).
 */
const PAGE_MS = 1000;

/** One tick that is to become a task. */
export interface Tick {
  entry: Entry;
  /** Milliseconds since the Unix epoch. */
  plannedAt: number;
}

export interface ScheduleOptions {
  /** The time up to which all is enqueued already, milliseconds since the Unix epoch. */
  since: number;
  policy: CatchUp;
  windowMs: number;
  grids: Grids;
  books: Books;
}

/** What `apply` did. */
export type Change = 'added' | 'replanned' | 'resumed' | 'paused' | 'unschedulable' | 'none';

/**
 * The ticks of all monitors of one term: which are due, and in which order they are to be enqueued. Nothing here waits.
 *
 * What is due stays in the calendar, as one number for each monitor, until `take` hands it out: while the queue is away
 * nothing grows.
 */
export class Schedule {
  readonly entries = new Map<string, Entry>();
  /** Why monitors that are active have no ticks, by id. */
  readonly faults = new Map<string, string>();
  private readonly calendar = new Calendar<Entry>(PAGE_MS);
  /** Due ticks that no newer one takes the place of: first checks, and those of plans that were edited since. */
  private ready: Tick[] = [];
  private isSorted = true;
  private isLoading = true;

  constructor(private readonly options: ScheduleOptions) {}

  /** From now on a monitor that appears is a new one, or one that was resumed. */
  endLoad(): void {
    this.isLoading = false;
  }

  /** Monitors that have ticks to come. */
  get size(): number {
    return this.calendar.size;
  }

  /** The planned time of the first tick that nobody took; Infinity without one. */
  get firstAt(): number {
    this.sortReady();
    return Math.min(this.ready[0]?.plannedAt ?? Infinity, this.calendar.first?.at ?? Infinity);
  }

  /** Due and not taken. */
  dueBy(now: number): number {
    return this.calendar.upTo(now).reduce((sum, entry) => sum + entry.dueBy(now), this.ready.length);
  }

  /** Takes over what a row says now. An older reading than the last one changes nothing. */
  apply(row: MonitorSchedule, now: number): Change {
    const known = this.entries.get(row.id);
    if (!known) return this.add(row, now);
    return row.updatedAt < known.updatedAt ? 'none' : this.change(known, row, now);
  }

  /** The queue can never take its tasks. It is looked at again when its row is read again. */
  refuse(entry: Entry, fault: string, now: number): void {
    this.faults.set(entry.id, fault);
    this.switchOff(entry, now);
  }

  /** Answers whether it was here. What was due of it is passed over. */
  remove(id: string, now: number): boolean {
    const entry = this.entries.get(id);
    if (!entry) return false;
    this.switchOff(entry, now);
    this.faults.delete(id);
    return this.entries.delete(id);
  }

  /** Up to `most` due ticks, the oldest first; what is passed over on the way is in the books. */
  take(most: number, reach: Reach): Tick[] {
    const ticks = this.takeReady(most, reach);
    for (let entry = this.calendar.first; entry && entry.at <= reach.upTo; entry = this.calendar.first) {
      if (ticks.length >= most) break;
      const { at } = entry;
      const next = entry.after(at);
      if (at >= reach.oldest && (reach.all || next > reach.upTo)) {
        ticks.push({ entry, plannedAt: at });
        this.moveTo(entry, next);
      } else this.pass(entry, reach);
    }
    this.options.books.take(ticks.length);
    return ticks;
  }

  /** Counts what has become too old, or has a newer one, while nothing can be enqueued. */
  sweep(reach: Reach): void {
    for (const entry of this.calendar.upTo(reach.upTo)) this.pass(entry, reach);
  }

  /** The clock was set back: all goes on after `now`, else there would be no tick until it is as late as it was. */
  rewind(now: number): void {
    for (const entry of this.entries.values()) if (entry.isOn) this.moveTo(entry, entry.after(now));
  }

  /** The term is over: nothing that is due is this process's to enqueue. */
  end(now: number): void {
    this.options.books.skip('fenced', this.dueBy(now));
    for (const entry of this.entries.values()) {
      entry.isOn = false;
      this.calendar.remove(entry);
    }
    this.ready = [];
    this.entries.clear();
    this.faults.clear();
  }

  private add(row: MonitorSchedule, now: number): Change {
    const entry = new Entry(row.id);
    this.entries.set(row.id, entry);
    if (!this.read(entry, row, this.options.grids.of(row, now))) return row.active ? 'unschedulable' : 'none';
    this.plan(entry, now, row);
    return 'added';
  }

  private change(entry: Entry, row: MonitorSchedule, now: number): Change {
    const isSame = this.isPlannedAs(entry, row);
    const wasFaulty = this.faults.has(entry.id);
    const { isOn: wasOn } = entry;
    const grid = isSame ? entry.grid : this.options.grids.of(row, now);
    const staysOn = row.active && !(grid instanceof AppError);
    if (!staysOn) this.switchOff(entry, now);
    else if (!isSame) this.keepDue(entry, now);
    this.read(entry, row, grid);
    if (!staysOn) return offBecause(row.active && !wasFaulty, wasOn);
    if (wasOn && isSame) return 'none';
    this.plan(entry, now, null);
    return wasOn ? 'replanned' : 'resumed';
  }

  /** Answers whether it is to have ticks. */
  private read(entry: Entry, row: MonitorSchedule, grid: Grid | AppError): boolean {
    const isGrid = !(grid instanceof AppError);
    this.faults.delete(entry.id);
    if (row.active && !isGrid) this.faults.set(entry.id, grid.message);
    entry.read(row, isGrid ? grid : neverGrid);
    return row.active && isGrid;
  }

  /** `created` is the row of one that was not known. */
  private plan(entry: Entry, now: number, created: MonitorSchedule | null): void {
    const { since, policy, windowMs, books } = this.options;
    entry.isOn = true;
    const createdAt = created ? Math.floor(created.createdAt) : -Infinity;
    if (createdAt > since && createdAt <= now + windowMs) return this.begin(entry, createdAt, now);
    if (!created || !this.isLoading) return this.moveTo(entry, entry.after(now));
    const { window, missed, at } = takeUp(entry, since, now, policy, windowMs);
    books.skip('window', window);
    books.skip('missed', missed);
    this.moveTo(entry, at);
  }

  /** The first check is made also when the grid's next tick is due by now. */
  private begin(entry: Entry, createdAt: number, now: number): void {
    if (createdAt > now) return this.moveTo(entry, createdAt);
    this.addReady({ entry, plannedAt: createdAt });
    this.moveTo(entry, entry.after(createdAt));
  }

  /** Its ticks lie where the row says; what was not understood before is read anew. */
  private isPlannedAs(entry: Entry, row: MonitorSchedule): boolean {
    const wasUnderstood = entry.grid !== neverGrid && !this.faults.has(entry.id);
    return wasUnderstood && PRIORITIES.includes(row.priority) && entry.isPlannedAs(row);
  }

  private switchOff(entry: Entry, now: number): void {
    const { books } = this.options;
    books.skip('paused', entry.dueBy(now));
    const before = this.ready.length;
    this.ready = before === 0 ? this.ready : this.ready.filter((tick) => tick.entry !== entry);
    books.skip('paused', before - this.ready.length);
    this.moveTo(entry, Infinity);
    entry.isOn = false;
  }

  /** An edited plan goes on after now; what was due before that stays due. */
  private keepDue(entry: Entry, now: number): void {
    const { policy, windowMs } = this.options;
    this.pass(entry, { upTo: now, oldest: now - windowMs, all: policy === 'all' });
    for (; entry.at <= now; entry.at = entry.after(entry.at)) this.addReady({ entry, plannedAt: entry.at });
  }

  private addReady(tick: Tick): void {
    this.ready.push(tick);
    this.isSorted = false;
  }

  private sortReady(): void {
    if (!this.isSorted) this.ready.sort((a, b) => a.plannedAt - b.plannedAt);
    this.isSorted = true;
  }

  private takeReady(most: number, { oldest }: Reach): Tick[] {
    if (this.ready.length === 0) return [];
    this.sortReady();
    const taken = this.ready.splice(0, most);
    const ticks = taken.filter(({ plannedAt }) => plannedAt >= oldest);
    this.options.books.skip('window', taken.length - ticks.length);
    return ticks;
  }

  private pass(entry: Entry, reach: Reach): void {
    const { window, missed, at } = passOver(entry, reach);
    this.options.books.skip('window', window);
    this.options.books.skip('missed', missed);
    if (at !== entry.at) this.moveTo(entry, at);
  }

  private moveTo(entry: Entry, at: number): void {
    entry.at = at;
    if (at === Infinity) this.calendar.remove(entry);
    else this.calendar.put(entry);
  }
}

function offBecause(isNewFault: boolean, wasOn: boolean): Change {
  if (isNewFault) return 'unschedulable';
  return wasOn ? 'paused' : 'none';
}
