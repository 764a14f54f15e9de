import type { AppError } from '../../core/errors.js';
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
import { settleOne, takeAll } from './alerts.js';
import { isId, objectIds } from './convert.js';
import { createAll, deleteAll, updateOne } from './editing.js';
import type { MongoLink } from './link.js';
import { pruneAll } from './prune.js';
import { pushOne, pushesOf } from './pushes.js';
import { countOf, getAll, pageOf, schedulesOf } from './reading.js';
import { historyOf, recordAll, statesOf } from './recording.js';
import { uptimeOf } from './rollups.js';
import { serverNow } from './server-clock.js';
import { markAll, quietOf } from './silence.js';

/**
 * Monitors in MongoDB, without transactions: see `commitAll` for how results are counted once all the same.
 * A deletion that is cut short leaves nothing that is shown; deleting again removes it.
 */
export class MongoMonitorStore extends MonitorStore {
  readonly driver = 'mongodb';

  constructor(private readonly link: MongoLink) {
    super();
  }

  isId(id: string): boolean {
    return isId(id);
  }

  get trouble(): AppError | null {
    return this.link.trouble;
  }

  async ping(): Promise<void> {
    await this.link.run('again', ({ db }) => db.command({ ping: 1 }));
  }

  close(deadlineMs: number): Promise<string | null> {
    return this.link.close(deadlineMs);
  }

  now(): Promise<number> {
    return this.link.run('again', serverNow);
  }

  page(filter: MonitorFilter, after: string | null, limit: number): Promise<Monitor[]> {
    return this.link.run('again', (all) => pageOf(all, filter, after, limit));
  }

  count(filter: MonitorFilter): Promise<number> {
    return this.link.run('again', (all) => countOf(all, filter));
  }

  get(ids: readonly string[]): Promise<Monitor[]> {
    return this.link.run('again', (all) => getAll(all, ids));
  }

  schedules(after: string | null, limit: number): Promise<MonitorSchedule[]> {
    return this.link.run('again', (all) => schedulesOf(all, { active: true }, after, limit));
  }

  schedulesOf(ids: readonly string[]): Promise<MonitorSchedule[]> {
    const filter = { _id: { $in: objectIds(ids) } };
    return this.link.run('again', (all) => schedulesOf(all, filter, null, ids.length + 1));
  }

  schedulesChangedSince(since: number, after: string | null, limit: number): Promise<MonitorSchedule[]> {
    const filter = { updated_at: { $gte: new Date(since) } };
    return this.link.run('again', (all) => schedulesOf(all, filter, after, limit));
  }

  create(monitors: readonly (MonitorFields & { id?: string })[]): Promise<Monitor[]> {
    return this.link.run('once', (all) => createAll(all, monitors));
  }

  update(id: string, fields: Partial<MonitorFields>, ifUpdatedAt?: number): Promise<Monitor> {
    return this.link.run('once', (all) => updateOne(all, id, fields, ifUpdatedAt));
  }

  delete(ids: readonly string[]): Promise<string[]> {
    return this.link.run('once', (all) => deleteAll(all, ids));
  }

  /** A lost answer is told as MONITOR_STORE_UNAVAILABLE, not as OUTCOME_UNKNOWN: the same call again counts nothing twice. */
  record(results: readonly RawResult[], judge: Judge): Promise<StoredResult[]> {
    return this.link.run('again', (all) => recordAll(all, results, judge));
  }

  history(
    monitorId: string,
    before: { plannedAt: number; id: string } | null,
    limit: number,
  ): Promise<StoredResult[]> {
    return this.link.run('again', (all) => historyOf(all, monitorId, before, limit));
  }

  states(ids: readonly string[]): Promise<Map<string, MonitorState>> {
    return this.link.run('again', (all) => statesOf(all, ids));
  }

  uptime(ids: readonly string[], now: number): Promise<Map<string, Uptime>> {
    return this.link.run('again', (all) => uptimeOf(all, ids, now));
  }

  push(token: string, push: Push): Promise<string | null> {
    return this.link.run('again', (all) => pushOne(all, token, push));
  }

  pushes(monitorIds: readonly string[]): Promise<Map<string, Push>> {
    return this.link.run('again', (all) => pushesOf(all, monitorIds));
  }

  quiet(now: number, after: string | null, limit: number): Promise<QuietMonitor[]> {
    return this.link.run('again', (all) => quietOf(all, now, after, limit));
  }

  markSilent(alerts: readonly NewAlert[]): Promise<number> {
    return this.link.run('again', (all) => markAll(all, alerts));
  }

  takeAlerts(limit: number, leaseMs: number): Promise<Alert[]> {
    return this.link.run('again', (all) => takeAll(all, limit, leaseMs));
  }

  settleAlert(id: string, nextAt: number | null): Promise<void> {
    return this.link.run('again', (all) => settleOne(all, id, nextAt));
  }

  pendingAlerts(): Promise<number> {
    return this.link.run('again', ({ alerts }) => alerts.countDocuments({ settled: false }));
  }

  prune(retention: Retention, signal: AbortSignal): Promise<number> {
    return this.link.run('again', (all) => pruneAll(all, retention, signal));
  }
}
