import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Alert, AlertKind, NewAlert, ResultStatus } from '../../../ports/monitor-store.port.js';
import type { Tools } from '../link.js';
import type { AlertsTable } from '../schema/tables.js';
import { now } from './edit-monitors.js';
import { insert } from './upsert.js';
import { storable, toNumber } from './values.js';

/** Due at once. */
export async function insertAlerts(tools: Tools, alerts: readonly NewAlert[]): Promise<void> {
  const rows = alerts.map(({ kind, monitorId, from, to, at, latencyMs, message }): AlertsTable => ({
    id: randomUUID(),
    monitor_id: monitorId,
    kind,
    from_status: from,
    to_status: to,
    at,
    latency_ms: latencyMs,
    message: storable(message),
    attempts: 0,
    next_at: 0,
    settled_at: null,
  }));
  await insert(tools, 'carillon_alerts', rows);
}

export async function takeAlerts(tools: Tools, limit: number, leaseMs: number): Promise<Alert[]> {
  const { db, flavour } = tools;
  const at = await now(tools);
  const query = db
    .selectFrom('carillon_alerts')
    .selectAll()
    .where('settled_at', 'is', null)
    .where('next_at', '<=', at)
    .orderBy('at')
    .orderBy('id')
    .limit(limit);
  const rows = await (flavour.canLockRows ? query.forUpdate() : query).execute();
  if (rows.length === 0) return [];
  await db
    .updateTable('carillon_alerts')
    .set({ next_at: at + leaseMs, attempts: sql`attempts + 1` })
    .where(
      'id',
      'in',
      rows.map(({ id }) => id),
    )
    .execute();
  return rows.map(alertOf);
}

function alertOf(row: AlertsTable): Alert {
  return {
    id: row.id,
    kind: row.kind as AlertKind,
    monitorId: row.monitor_id,
    from: row.from_status as ResultStatus | null,
    to: row.to_status as ResultStatus | null,
    at: Number(row.at),
    latencyMs: toNumber(row.latency_ms),
    message: row.message,
    attempts: Number(row.attempts),
  };
}

export async function settleAlert(tools: Tools, id: string, nextAt: number | null): Promise<void> {
  const { db } = tools;
  const settled = nextAt === null ? { settled_at: await now(tools) } : { next_at: Math.floor(nextAt) };
  await db
    .updateTable('carillon_alerts')
    .set(settled)
    .where('id', '=', id)
    .where('settled_at', 'is', null)
    .execute();
}

export async function pendingAlerts({ db }: Tools): Promise<number> {
  const { total } = await db
    .selectFrom('carillon_alerts')
    .select(({ fn }) => fn.countAll().as('total'))
    .where('settled_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(total);
}
