import type { AppError } from '../core/errors.js';
import type {
  MonitorFields,
  Monitor,
  MonitorSchedule,
  MonitorFilter,
  RawResult,
  MonitorState,
  NewAlert,
  Alert,
  Judge,
  StoredResult,
  Uptime,
  Push,
  QuietMonitor,
  Retention,
} from './monitor-records.js';
import { Port } from './port.js';

export * from './monitor-records.js';

/**
 * Monitors, their results and rollups.
 *
 * Every driver keeps these promises (test/contracts/monitor-store.contract.ts):
 * - an existing table (collection) `monitors` (`monitor`) of the contract is read and written as it is; everything of
 *   ours lies in `carillon_*`;
 * - pages go by id, ascending, `after` excluded: one that is neither added nor deleted meanwhile is seen exactly once;
 * - an edit raises `updatedAt`, also by one unit of the database's clock when two come in the same instant; a status
 *   does not change it;
 * - `record` of one result twice counts it once, and an alert once; on SQL a call is one transaction, and two processes
 *   that record for the same monitor at the same time come out as if one had been after the other;
 * - what was answered is durable as the database is configured to be.
 *
 * Not promised: on MongoDB without transactions, that a process which dies in `record` has counted its rollups.
 *
 * `close` gives the connections back. Ids of the wrong form are no error here: nothing has them (see `isId`).
 * Every method: @throws AppError MONITOR_STORE_UNAVAILABLE (retry later), STORAGE_FULL, SHUTTING_DOWN;
 * OUTCOME_UNKNOWN where a write went unanswered.
 */
export abstract class MonitorStore extends Port {
  /** Whether such an id can exist here. */
  abstract isId(id: string): boolean;

  /** Why it cannot be used now, with what to do; null when all is well or nothing is known yet. Asks nobody. */
  abstract readonly trouble: AppError | null;

  /** The moment by the database's clock, milliseconds since the Unix epoch: that of `updatedAt`. */
  abstract now(): Promise<number>;

  abstract page(filter: MonitorFilter, after: string | null, limit: number): Promise<Monitor[]>;
  abstract count(filter: MonitorFilter): Promise<number>;
  /** Those that exist, in any order; 1,000 at most. */
  abstract get(ids: readonly string[]): Promise<Monitor[]>;
  /** Active ones for a scheduler's whole load. Pages are light: without `config`. */
  abstract schedules(after: string | null, limit: number): Promise<MonitorSchedule[]>;
  /** Also those that are inactive, of these ids; 1,000 at most. */
  abstract schedulesOf(ids: readonly string[]): Promise<MonitorSchedule[]>;
  /** Edited (`updatedAt`) at or after `since`, active or not, by id. */
  abstract schedulesChangedSince(
    since: number,
    after: string | null,
    limit: number,
  ): Promise<MonitorSchedule[]>;

  /** All or none. An `id` that is given must be free. @throws AppError MONITOR_EXISTS, VALIDATION_FAILED (id's form) */
  abstract create(monitors: readonly (MonitorFields & { id?: string })[]): Promise<Monitor[]>;
  /**
   * Writes the fields that are given. `ifUpdatedAt`: only when nobody edited it since.
   * @throws AppError MONITOR_UNKNOWN, MONITOR_CHANGED
   */
  abstract update(id: string, fields: Partial<MonitorFields>, ifUpdatedAt?: number): Promise<Monitor>;
  /** With results, rollups and alerts. Answers those that existed. */
  abstract delete(ids: readonly string[]): Promise<string[]>;

  /**
   * Writes results, rollups, states, alerts and, where a status changed, `monitors.status`; in order of `plannedAt` for
   * each monitor. Results of monitors that do not exist any more are dropped. 1,000 at most.
   * Answers what is new: neither a result of an id that was there nor of a deleted monitor.
   */
  abstract record(results: readonly RawResult[], judge: Judge): Promise<StoredResult[]>;
  /** Newest first; `before` (planned time, id) excluded. */
  abstract history(
    monitorId: string,
    before: { plannedAt: number; id: string } | null,
    limit: number,
  ): Promise<StoredResult[]>;
  /** Of those that have any result; 1,000 at most. */
  abstract states(ids: readonly string[]): Promise<Map<string, MonitorState>>;
  /** 1,000 at most; without results all counts are 0. */
  abstract uptime(ids: readonly string[], now: number): Promise<Map<string, Uptime>>;

  /** Remembers the last call for the push monitor that has this token, active or not; null when none has. */
  abstract push(token: string, push: Push): Promise<string | null>;
  abstract pushes(monitorIds: readonly string[]): Promise<Map<string, Push>>;

  /** Active, not silent yet, and neither a result nor an edit for three intervals at `now`; by id. */
  abstract quiet(now: number, after: string | null, limit: number): Promise<QuietMonitor[]>;
  /** Marks them as silent, each with its alert, once. Answers how many were not marked before. */
  abstract markSilent(alerts: readonly NewAlert[]): Promise<number>;

  /** Takes up to `limit` alerts that are due, oldest first: nobody else gets them for `leaseMs`. */
  abstract takeAlerts(limit: number, leaseMs: number): Promise<Alert[]>;
  /** Sent or given up (null), or to be tried again (milliseconds since the Unix epoch). */
  abstract settleAlert(id: string, nextAt: number | null): Promise<void>;
  /** Alerts that are still to be sent. */
  abstract pendingAlerts(): Promise<number>;

  /** Deletes in small steps until `signal` aborts or nothing is left; answers how many rows. */
  abstract prune(retention: Retention, signal: AbortSignal): Promise<number>;
}
