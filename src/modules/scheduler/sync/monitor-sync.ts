import type { Logger } from 'pino';
import type { Clock } from '../../../core/clock.js';
import { Turns } from '../../../core/turns.js';
import type { MonitorSchedule, MonitorStore } from '../../../ports/monitor-store.port.js';
import type { SchedulerMetrics, SyncKind } from '../scheduler.metrics.js';
import type { Change, Schedule } from '../time/schedule.js';
import { Tombstones } from './tombstones.js';

const PAGE = 2000;
/** Of ids in one query; the port allows no more. */
const GROUP = 1000;
/** Rows whose transaction began before the last reading and ended after it are read again, milliseconds. */
const OVERLAP_MS = 30_000;

/** What one reading did. */
export interface SyncReport {
  /** Milliseconds since the Unix epoch. */
  at: number;
  tookMs: number;
  /** Rows that were read. */
  read: number;
  added: number;
  /** Replanned or resumed. */
  updated: number;
  /** Paused or deleted. */
  removed: number;
  /** Active ones whose rows make no sense, and were not known for that. */
  unschedulable: number;
}

export interface SyncParts {
  store: Pick<MonitorStore, 'now' | 'schedules' | 'schedulesOf' | 'schedulesChangedSince'>;
  clock: Clock;
  metrics: SchedulerMetrics;
  logger: Logger;
}

/** Told in the log's line. */
const EXAMPLES = 5;

const COUNTED: Partial<Record<Change | 'deleted', 'added' | 'updated' | 'removed' | 'unschedulable'>> = {
  added: 'added',
  replanned: 'updated',
  resumed: 'updated',
  paused: 'removed',
  deleted: 'removed',
  unschedulable: 'unschedulable',
};

/**
 * Keeps one term's schedule as the store has it. None of its readings moves a tick of a monitor whose plan was not
 * edited: what is read again is compared, not planned anew.
 */
export class MonitorSync {
  /** The last of each kind that succeeded. */
  readonly reports: Partial<Record<SyncKind, SyncReport>> = {};
  private readonly tombstones = new Tombstones();
  private readonly turns = new Turns(1);
  /** A full sync that has not begun. */
  private asked: Promise<SyncReport> | null = null;
  /** The full sync that runs, or ran last. */
  private round = 0;
  /** By the store's clock: edits before it are known. */
  private knownUpTo = 0;

  constructor(
    private readonly parts: SyncParts,
    private readonly schedule: Schedule,
    /** Told when ticks may have come nearer. */
    private readonly onChange: () => void,
    /** Aborts when the term is over: nothing is taken over after it. */
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Reads all active monitors; what is not among them any more goes. Who asks while another one waits for its turn gets
   * the report of that. @throws AppError of the store
   */
  full(kind: 'load' | 'full' = 'full'): Promise<SyncReport> {
    return (this.asked ??= this.turns.run(async () => {
      this.asked = null;
      this.parts.logger.info('Syncing monitors with scheduler');
      const report = await this.timed(kind, (into) => this.readAll(into));
      this.parts.logger.info(
        { took_ms: report.tookMs, unschedulable: this.schedule.faults.size },
        `Synced ${this.schedule.size} active monitors`,
      );
      return report;
    }));
  }

  /** Reads what was edited since the last time. @throws AppError of the store */
  delta(): Promise<SyncReport> {
    return this.turns.run(() =>
      this.timed('delta', async (into) => {
        const now = await this.parts.store.now();
        const since = this.knownUpTo - OVERLAP_MS;
        await this.pages((after) => this.parts.store.schedulesChangedSince(since, after, PAGE), into);
        this.knownUpTo = now;
      }),
    );
  }

  /** Reads those of which an event told. @throws AppError of the store */
  read(ids: readonly string[]): Promise<SyncReport> {
    return this.timed('events', (into) => this.readGroups(ids, into));
  }

  /** An event tells that it is deleted. */
  deleted(id: string): void {
    this.tombstones.add(id);
    if (!this.signal.aborted && this.schedule.remove(id, this.parts.clock.now()))
      this.count('deleted', null, id);
  }

  private async readAll(into: SyncReport): Promise<void> {
    const now = await this.parts.store.now();
    this.round += 1;
    await this.pages((after) => this.parts.store.schedules(after, PAGE), into);
    this.knownUpTo = Math.max(this.knownUpTo, now);
    const unseen = [...this.schedule.entries.values()].filter(({ seenBy }) => seenBy < this.round);
    await this.readGroups(
      unseen.map(({ id }) => id),
      into,
    );
    // Those are neither active nor paused.
    for (const { id, seenBy } of unseen)
      if (seenBy < this.round && this.schedule.entries.get(id)?.seenBy === seenBy) this.drop(id, into);
  }

  private drop(id: string, into: SyncReport): void {
    if (this.signal.aborted) return;
    this.schedule.remove(id, this.parts.clock.now());
    this.count('deleted', into, id);
  }

  /** From `after` on. While one page is taken over, the next one is read already. */
  private async pages(
    page: (after: string | null) => Promise<MonitorSchedule[]>,
    into: SyncReport,
    after: string | null = null,
  ): Promise<void> {
    if (this.signal.aborted) return;
    let rest = Promise.resolve();
    const read = async () => {
      const rows = await page(after);
      if (rows.length === PAGE) rest = this.pages(page, into, rows.at(-1)!.id);
      rest.catch(() => undefined); // it is awaited below, unless taking over throws
      return rows;
    };
    await this.tombstones.guard(read, (known) => this.apply(known, into));
    await rest;
  }

  private async readGroups(ids: readonly string[], into: SyncReport): Promise<void> {
    for (let i = 0; i < ids.length && !this.signal.aborted; i += GROUP) {
      const group = ids.slice(i, i + GROUP);
      await this.tombstones.guard(
        () => this.parts.store.schedulesOf(group),
        (rows) => this.apply(rows, into),
      );
    }
  }

  private apply(rows: readonly MonitorSchedule[], into: SyncReport): void {
    if (this.signal.aborted) return;
    const now = this.parts.clock.now();
    for (const row of rows) {
      const change = this.schedule.apply(row, now);
      this.schedule.entries.get(row.id)!.seenBy = this.round;
      if (change !== 'none') this.count(change, into, row.id, row);
    }
    into.read += rows.length;
    this.onChange();
  }

  private count(
    change: Change | 'deleted',
    into: SyncReport | null,
    id: string,
    row?: MonitorSchedule,
  ): void {
    const { metrics, logger } = this.parts;
    const kind = COUNTED[change];
    metrics.changes.inc({ change });
    if (into && kind) into[kind] += 1;
    if (!logger.isLevelEnabled('debug') || kind === undefined) return;
    if (kind === 'removed') logger.debug({ monitor_id: id }, 'Removed monitor job');
    else if (row && kind !== 'unschedulable')
      logger.debug({ monitor_id: id, ...planText(row) }, 'Added/updated monitor job');
  }

  private async timed(kind: SyncKind, work: (into: SyncReport) => Promise<void>): Promise<SyncReport> {
    const { clock, metrics } = this.parts;
    const begun = clock.monotonic();
    const report = emptyReport(clock.now());
    try {
      await work(report);
      metrics.syncs.inc({ kind, outcome: 'done' });
    } catch (error) {
      metrics.syncs.inc({ kind, outcome: 'failed' });
      throw error;
    }
    report.tookMs = Math.round(clock.monotonic() - begun);
    this.reports[kind] = report;
    if (report.unschedulable > 0) this.tellFaults(report.unschedulable);
    return report;
  }

  private tellFaults(count: number): void {
    const { faults } = this.schedule;
    const examples = [...faults].slice(-EXAMPLES).map(([monitor_id, reason]) => ({ monitor_id, reason }));
    this.parts.logger.warn(
      { unschedulable: faults.size, examples },
      `${count} more monitors have no ticks until their rows are mended; see GET /scheduler/status.`,
    );
  }
}

function emptyReport(at: number): SyncReport {
  return { at, tookMs: 0, read: 0, added: 0, updated: 0, removed: 0, unschedulable: 0 };
}

/** As the contract's log line has it. */
function planText({ interval, cron }: MonitorSchedule) {
  return { interval, cron_expr: cron ?? `@every ${interval}s` };
}
