import {
  newState,
  type MonitorState,
  type MonitorStatus,
  type ResultStatus,
} from '../../../ports/monitor-store.port.js';
import { SqlFailure } from '../failure.js';
import type { Tools } from '../link.js';
import type { StatesTable } from '../schema/tables.js';
import { upsert } from './upsert.js';
import { storable, toNumber } from './values.js';

export function stateOf(row: StatesTable): MonitorState {
  return {
    status: toNumber(row.status) as MonitorStatus | null,
    since: toNumber(row.since),
    failures: Number(row.failures),
    lastStatus: row.last_status as ResultStatus | null,
    lastAt: toNumber(row.last_at),
    lastPlannedAt: toNumber(row.last_planned_at),
    latencyMs: toNumber(row.latency_ms),
    message: row.message,
    alertedAt: toNumber(row.alerted_at),
    silentSince: toNumber(row.silent_since),
  };
}

export function stateRowOf(id: string, state: MonitorState): StatesTable {
  return {
    monitor_id: id,
    status: state.status,
    since: state.since,
    failures: state.failures,
    last_status: state.lastStatus,
    last_at: state.lastAt,
    last_planned_at: state.lastPlannedAt,
    latency_ms: state.latencyMs,
    message: state.message === null ? null : storable(state.message),
    alerted_at: state.alertedAt,
    silent_since: state.silentSince,
  };
}

/** `ids`: of the right form. */
export async function states({ db }: Tools, ids: readonly string[]): Promise<Map<string, MonitorState>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('carillon_states').selectAll().where('monitor_id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.monitor_id, stateOf(row)]));
}

/**
 * The states of these monitors, each locked until the transaction ends, always in the same order. One that has none yet
 * gets a row: that is what two writers meet at.
 * @throws SqlFailure `conflict` when somebody deleted one meanwhile
 */
export async function lockStates(tools: Tools, ids: readonly string[]): Promise<Map<string, MonitorState>> {
  const sorted = [...ids].sort();
  const first = await locked(tools, sorted);
  const fresh = sorted.filter((id) => !first.has(id));
  if (fresh.length === 0) return first;
  const rows = fresh.map((id) => stateRowOf(id, newState()));
  await upsert(tools, 'carillon_states', rows, ['monitor_id'], (kept) => ({ failures: kept('failures') }));
  const all = await locked(tools, sorted);
  if (all.size < sorted.length) throw new SqlFailure('conflict');
  return all;
}

async function locked({ db, flavour }: Tools, ids: readonly string[]): Promise<Map<string, MonitorState>> {
  const query = db
    .selectFrom('carillon_states')
    .selectAll()
    .where('monitor_id', 'in', ids)
    .orderBy('monitor_id');
  const rows = await (flavour.canLockRows ? query.forUpdate() : query).execute();
  return new Map(rows.map((row) => [row.monitor_id, stateOf(row)]));
}
