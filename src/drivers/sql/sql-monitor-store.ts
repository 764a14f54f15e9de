import { AppError } from '../../core/errors.js';
import {
  MonitorStore,
  type Alert,
  type Judge,
  type Monitor,
  type MonitorFields,
  type MonitorFilter,
  type MonitorSchedule,
  type MonitorState,
  type NewAlert,
  type Push,
  type QuietMonitor,
  type RawResult,
  type Retention,
  type StoredResult,
  type Uptime,
} from '../../ports/monitor-store.port.js';
import type { SqlLink } from './link.js';
import * as alerts from './store/alerts.js';
import { deleteMonitors, deleteResults } from './store/delete-monitors.js';
import * as edit from './store/edit-monitors.js';
import { history } from './store/history.js';
import { checkNewIds, isUuid, possible } from './store/ids.js';
import { prune } from './store/prune.js';
import * as calls from './store/pushes.js';
import * as reading from './store/read-monitors.js';
import { record } from './store/record.js';
import { uptime } from './store/rollups.js';
import * as silence from './store/silence.js';
import { states } from './store/states.js';
import { chunks } from './store/upsert.js';

/** Monitors whose rows hang on one transaction that deletes. */
const DELETED_AT_ONCE = 200;

/** The port on a database that speaks SQL: each method is one query or one transaction of src/drivers/sql/store. */
export class SqlMonitorStore extends MonitorStore {
  constructor(
    readonly driver: string,
    private readonly link: SqlLink,
  ) {
    super();
  }

  get trouble(): AppError | null {
    return this.link.trouble;
  }

  isId(id: string): boolean {
    return isUuid(id);
  }

  override get writeTrouble(): AppError | null {
    return this.link.writeTrouble;
  }

  async ping(): Promise<void> {
    await this.now();
  }

  close(deadlineMs: number): Promise<string | null> {
    this.closed ??= this.link.close(deadlineMs);
    return this.closed;
  }
  private closed: Promise<string | null> | undefined;

  now(): Promise<number> {
    return this.link.read((tools) => edit.now(tools));
  }

  page(filter: MonitorFilter, after: string | null, limit: number): Promise<Monitor[]> {
    return this.link.read((tools) => reading.page(tools, filter, after, limit));
  }

  count(filter: MonitorFilter): Promise<number> {
    return this.link.read((tools) => reading.count(tools, filter));
  }

  get(ids: readonly string[]): Promise<Monitor[]> {
    return this.link.read((tools) => reading.get(tools, possible(ids)));
  }

  schedules(after: string | null, limit: number): Promise<MonitorSchedule[]> {
    return this.link.read((tools) => reading.schedules(tools, after, limit));
  }

  schedulesOf(ids: readonly string[]): Promise<MonitorSchedule[]> {
    return this.link.read((tools) => reading.schedulesOf(tools, possible(ids)));
  }

  schedulesChangedSince(since: number, after: string | null, limit: number): Promise<MonitorSchedule[]> {
    return this.link.read((tools) => reading.schedulesChangedSince(tools, since, after, limit));
  }

  async create(monitors: readonly (MonitorFields & { id?: string })[]): Promise<Monitor[]> {
    checkNewIds(monitors.flatMap(({ id }) => (id === undefined ? [] : [id])));
    return this.link.write('once', (tools) => edit.create(tools, monitors));
  }

  async update(id: string, fields: Partial<MonitorFields>, ifUpdatedAt?: number): Promise<Monitor> {
    if (!isUuid(id)) throw new AppError('MONITOR_UNKNOWN', 'There is no monitor with this id.');
    return this.link.write('once', (tools) => edit.update(tools, id, fields, ifUpdatedAt));
  }

  async delete(ids: readonly string[]): Promise<string[]> {
    const deleted: string[] = [];
    for (const some of chunks(possible(ids), DELETED_AT_ONCE)) {
      const gone = await this.link.write('once', (tools) => deleteMonitors(tools, some));
      deleted.push(...gone);
      if (gone.length === 0) continue;
      while ((await this.link.write('again', (tools) => deleteResults(tools, gone))) > 0) continue;
    }
    return deleted;
  }

  record(results: readonly RawResult[], judge: Judge): Promise<StoredResult[]> {
    const known = results.filter(({ monitorId }) => isUuid(monitorId));
    return this.link.write('again', (tools) => record(tools, known, judge));
  }

  async history(
    monitorId: string,
    before: { plannedAt: number; id: string } | null,
    limit: number,
  ): Promise<StoredResult[]> {
    return this.link.read((tools) =>
      isUuid(monitorId) ? history(tools, monitorId, before, limit) : Promise.resolve([]),
    );
  }

  states(ids: readonly string[]): Promise<Map<string, MonitorState>> {
    return this.link.read((tools) => states(tools, possible(ids)));
  }

  uptime(ids: readonly string[], now: number): Promise<Map<string, Uptime>> {
    return this.link.read((tools) => uptime(tools, ids, possible(ids), now));
  }

  async push(token: string, push: Push): Promise<string | null> {
    const monitorId = await this.link.read((tools) => calls.ownerOf(tools, token));
    if (monitorId !== null) await this.link.write('again', (tools) => calls.remember(tools, monitorId, push));
    return monitorId;
  }

  pushes(monitorIds: readonly string[]): Promise<Map<string, Push>> {
    return this.link.read((tools) => calls.pushes(tools, possible(monitorIds)));
  }

  quiet(now: number, after: string | null, limit: number): Promise<QuietMonitor[]> {
    return this.link.read((tools) => silence.quiet(tools, now, after, limit));
  }

  markSilent(newAlerts: readonly NewAlert[]): Promise<number> {
    return this.link.write('again', (tools) => silence.markSilent(tools, newAlerts));
  }

  takeAlerts(limit: number, leaseMs: number): Promise<Alert[]> {
    return this.link.write('again', (tools) => alerts.takeAlerts(tools, limit, leaseMs));
  }

  settleAlert(id: string, nextAt: number | null): Promise<void> {
    return this.link.write('again', (tools) => alerts.settleAlert(tools, id, nextAt));
  }

  pendingAlerts(): Promise<number> {
    return this.link.read((tools) => alerts.pendingAlerts(tools));
  }

  async prune(retention: Retention, signal: AbortSignal): Promise<number> {
    return prune(this.link, retention, signal);
  }
}
