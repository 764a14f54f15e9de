import { sql } from 'kysely';
import { newState, type NewAlert, type QuietMonitor } from '../../../ports/monitor-store.port.js';
import type { Tools } from '../link.js';
import { insertAlerts } from './alerts.js';
import { isUuid, possible } from './ids.js';
import { lockStates, stateRowOf } from './states.js';
import { given, upsert } from './upsert.js';
import { toMillis, toNumber } from './values.js';

/** Three intervals of so many milliseconds a second. */
const SILENT_AFTER = 3_000;

export async function quiet(
  { db, flavour }: Tools,
  now: number,
  after: string | null,
  limit: number,
): Promise<QuietMonitor[]> {
  if (after !== null && !isUuid(after)) return [];
  // Looked up for what is found, not for all.
  const ours = (column: 'cron' | 'timezone') =>
    sql<string | null>`(select c.${sql.ref(column)} from carillon_monitors c
      where c.monitor_id = ${flavour.idText('m.id')})`.as(column);
  const latest = sql<number>`(${now} - ${sql.ref('m.interval')} * ${sql.lit(SILENT_AFTER)}.0)`;
  let query = db
    .selectFrom('monitors as m')
    .leftJoin('carillon_states as s', (join) =>
      join.on(sql<boolean>`s.monitor_id = ${flavour.idText('m.id')}`),
    )
    .select(['m.id', 'm.interval', 'm.updated_at', 's.last_at', ours('cron'), ours('timezone')])
    .where(sql<boolean>`m.active = ${'1'}`)
    .where('s.silent_since', 'is', null)
    .where(
      // Of those that are heard, nearly all, no time is read out of a text.
      sql<boolean>`(case when s.last_at > ${latest} then 0 when ${flavour.millis('m.updated_at')} <= ${latest} then 1 else 0 end) = 1`,
    )
    .orderBy('m.id')
    .limit(limit);
  if (after !== null) query = query.where('m.id', '>', after);
  return (await query.execute()).map((row) => ({
    id: row.id,
    interval: Number(row.interval),
    cron: row.cron,
    timezone: row.timezone,
    lastAt: Math.max(toNumber(row.last_at) ?? 0, toMillis(row.updated_at)),
  }));
}

export async function markSilent(tools: Tools, alerts: readonly NewAlert[]): Promise<number> {
  const { db } = tools;
  const asked = possible(alerts.map(({ monitorId }) => monitorId));
  if (asked.length === 0) return 0;
  const found = await db.selectFrom('monitors').select('id').where('id', 'in', asked).execute();
  if (found.length === 0) return 0;
  const states = await lockStates(
    tools,
    found.map(({ id }) => id),
  );
  const fresh = new Map<string, NewAlert>();
  for (const alert of alerts) {
    const state = states.get(alert.monitorId);
    if (state?.silentSince === null && !fresh.has(alert.monitorId)) fresh.set(alert.monitorId, alert);
  }
  const rows = [...fresh.values()].map(({ monitorId, at }) =>
    stateRowOf(monitorId, { ...(states.get(monitorId) ?? newState()), silentSince: at }),
  );
  await upsert(tools, 'carillon_states', rows, ['monitor_id'], given(['silent_since']));
  await insertAlerts(tools, [...fresh.values()]);
  return fresh.size;
}
