import { sql } from 'kysely';
import type { Push } from '../../../ports/monitor-store.port.js';
import type { Tools } from '../link.js';
import { upsert, type Merge } from './upsert.js';
import { storable, toNumber } from './values.js';

/** The later call stays, in whatever order two are written. `at` comes last: MySQL goes by what it has just set. */
const later: Merge = (kept, given) => {
  const choose = (column: string) =>
    sql`case when ${given('at')} >= ${kept('at')} then ${given(column)} else ${kept(column)} end`;
  return Object.fromEntries(
    ['found', 'message', 'latency_ms', 'at'].map((column) => [column, choose(column)]),
  );
};

/** The push monitor that has this token; null when none has. */
export async function ownerOf({ db, layout }: Tools, token: string): Promise<string | null> {
  if (!layout.columns.includes('push_token') || token === '') return null;
  const found = await db
    .selectFrom('monitors')
    .select(['id', 'push_token'])
    .where('push_token', '=', storable(token))
    .where('type', '=', 'push')
    .orderBy('id')
    .execute();
  // The database may take "a" for "A", or for "a "
  return found.find((one) => one.push_token === token)?.id ?? null;
}

export async function remember(tools: Tools, monitorId: string, push: Push): Promise<void> {
  const { at, found, message, latencyMs } = push;
  const row = { monitor_id: monitorId, at, found, message: storable(message), latency_ms: latencyMs };
  await upsert(tools, 'carillon_pushes', [row], ['monitor_id'], later);
}

/** `ids`: of the right form. */
export async function pushes({ db }: Tools, ids: readonly string[]): Promise<Map<string, Push>> {
  if (ids.length === 0) return new Map();
  const rows = await db.selectFrom('carillon_pushes').selectAll().where('monitor_id', 'in', ids).execute();
  return new Map(
    rows.map(({ monitor_id, at, found, message, latency_ms }) => [
      monitor_id,
      { at: Number(at), found: found as Push['found'], message, latencyMs: toNumber(latency_ms) },
    ]),
  );
}
