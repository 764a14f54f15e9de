import { Injectable } from '@nestjs/common';
import { AppError } from '../../../core/errors.js';
import { MonitorStore, type Monitor, type MonitorFields } from '../../../ports/monitor-store.port.js';
import { Announcer } from './announcer.js';
import { ApiMetrics, type Edit } from './api.metrics.js';
import { isExpected, type Expected } from './expected.js';
import { knownMonitor, unknownMonitor } from './known-monitor.js';
import { Room } from './room.js';

/** Edits of others that may come between reading and writing. */
const MOST_ROUNDS = 10;

/** What an edit writes, as it follows from what is there; without a field nothing is written. */
export type Change = (old: Monitor) => Partial<MonitorFields>;

/** Creates, changes and deletes single monitors, and tells the others. */
@Injectable()
export class Editor {
  constructor(
    private readonly store: MonitorStore,
    private readonly announcer: Announcer,
    private readonly room: Room,
    private readonly metrics: ApiMetrics,
  ) {}

  /** @throws AppError MONITOR_EXISTS, MONITORS_FULL */
  async create(fields: MonitorFields & { id?: string }): Promise<Monitor> {
    if ((await this.room.take(1)) === 0) throw this.room.full();
    let created: Monitor[] = [];
    try {
      created = await this.store.create([fields]);
    } finally {
      this.room.settle(1, created.length);
    }
    const monitor = created[0] as Monitor;
    await this.announcer.written('monitor.created', monitor);
    this.metrics.edits.inc({ edit: 'created' });
    return monitor;
  }

  /**
   * What was read is what is changed: where somebody else edits meanwhile, it is read and changed anew, or refused where
   * the client expects what it saw. @throws AppError MONITOR_UNKNOWN, MONITOR_CHANGED
   */
  async edit(
    id: string,
    change: Change,
    expected: Expected | null,
    edit: Edit = 'updated',
  ): Promise<Monitor> {
    for (let round = 1; ; round += 1) {
      const old = await knownMonitor(this.store, id);
      if (expected && !isExpected(old, expected)) throw changed();
      const fields = change(old);
      if (Object.keys(fields).length === 0) return old;
      const monitor = await this.write(old, fields, round < MOST_ROUNDS && !expected);
      if (!monitor) continue;
      await this.announcer.written('monitor.updated', monitor);
      this.metrics.edits.inc({ edit });
      return monitor;
    }
  }

  /** @throws AppError MONITOR_UNKNOWN, MONITOR_CHANGED */
  async delete(id: string, expected: Expected | null): Promise<void> {
    const old = await knownMonitor(this.store, id);
    if (expected && !isExpected(old, expected)) throw changed();
    const deleted = await this.store.delete([old.id]);
    if (deleted.length === 0) throw unknownMonitor();
    this.room.deleted();
    await this.announcer.deleted(old.id);
    this.metrics.edits.inc({ edit: 'deleted' });
  }

  private async write(old: Monitor, fields: Partial<MonitorFields>, again: boolean): Promise<Monitor | null> {
    try {
      return await this.store.update(old.id, fields, old.updatedAt);
    } catch (error) {
      if (again && error instanceof AppError && error.code === 'MONITOR_CHANGED') return null;
      throw error;
    }
  }
}

function changed(): AppError {
  return new AppError(
    'MONITOR_CHANGED',
    'The monitor was edited since: read it again, then send the edit again.',
  );
}
