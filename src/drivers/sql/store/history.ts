import { sql } from 'kysely';
import type { RawResult, ResultStatus, StoredResult } from '../../../ports/monitor-store.port.js';
import type { Tools } from '../link.js';
import type { ResultsTable } from '../schema/tables.js';
import { toNumber } from './values.js';

/** `monitorId`: of the right form. */
export async function history(
  { db }: Tools,
  monitorId: string,
  before: { plannedAt: number; id: string } | null,
  limit: number,
): Promise<StoredResult[]> {
  let query = db
    .selectFrom('carillon_results')
    .selectAll()
    .where('monitor_id', '=', monitorId)
    .orderBy('planned_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit);
  if (before) {
    const { plannedAt, id } = before;
    query = query
      .where('planned_at', '<=', plannedAt)
      .where(sql<boolean>`(planned_at < ${plannedAt} or id < ${id})`);
  }
  return (await query.execute()).map(resultOf);
}

function resultOf(row: ResultsTable): StoredResult {
  return {
    id: row.id,
    monitorId: row.monitor_id,
    plannedAt: Number(row.planned_at),
    at: Number(row.at),
    found: row.found as RawResult['found'],
    status: row.status as ResultStatus,
    latencyMs: toNumber(row.latency_ms),
    message: row.message,
  };
}
