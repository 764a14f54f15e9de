import type { MonitorSchedule } from '../../src/ports/monitor-store.port.js';
import type { SyncParts } from '../../src/modules/scheduler/sync/monitor-sync.js';
import type { ManualClock } from './manual-clock.js';

/** The rows that a scheduler reads, for unit tests: the four readings of the port MonitorStore as it promises them. */
export class MonitorTable {
  readonly rows = new Map<string, MonitorSchedule>();
  /** Each query, by name. */
  readonly queries: string[] = [];
  failure: Error | null = null;
  /** Awaited between the reading of rows and their answer. */
  beforeAnswer: (() => Promise<void> | void) | null = null;

  constructor(private readonly clock: ManualClock) {}

  write(row: MonitorSchedule): void {
    const updatedAt = Math.max(this.clock.now(), (this.rows.get(row.id)?.updatedAt ?? 0) + 1);
    this.rows.set(row.id, { ...row, updatedAt });
  }

  readonly store: SyncParts['store'] = {
    now: () => this.answer('now', () => this.clock.now()),
    schedules: (after, limit) =>
      this.answer('schedules', () => this.page(({ active }) => active, after, limit)),
    schedulesOf: (ids) =>
      this.answer('schedulesOf', () =>
        ids.flatMap((id) => this.rows.get(id) ?? []).map((row) => ({ ...row })),
      ),
    schedulesChangedSince: (since, after, limit) =>
      this.answer('changedSince', () => this.page(({ updatedAt }) => updatedAt >= since, after, limit)),
  };

  private page(
    fits: (row: MonitorSchedule) => boolean,
    after: string | null,
    limit: number,
  ): MonitorSchedule[] {
    const found = [...this.rows.values()].filter((row) => fits(row) && (after === null || row.id > after));
    return found
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit)
      .map((row) => ({ ...row }));
  }

  private async answer<T>(name: string, read: () => T): Promise<T> {
    this.queries.push(name);
    if (this.failure) throw this.failure;
    const result = read();
    await this.beforeAnswer?.();
    return result;
  }
}
