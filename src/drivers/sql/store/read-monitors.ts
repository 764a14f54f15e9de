import { sql, type RawBuilder } from 'kysely';
import type { Monitor, MonitorFilter, MonitorSchedule } from '../../../ports/monitor-store.port.js';
import type { Tools } from '../link.js';
import { isUuid } from './ids.js';
import { monitorOf, scheduleOf, type MonitorRow } from './monitor-rows.js';
import { tagWithin } from './values.js';

const LIGHT = ['id', 'type', 'name', 'interval', 'timeout', 'active', 'created_at', 'updated_at'];
const OWN_LIGHT = ['cron', 'timezone', 'priority'];
const OWN = [...OWN_LIGHT, 'tags', 'maintenance_until'];

type Condition = RawBuilder<boolean>;

const m = (column: string): RawBuilder<unknown> => sql.ref(`m.${column}`);

/** Monitors with our own fields; `wide`: all of them. */
function monitors({ db, flavour, layout }: Tools, isWide: boolean) {
  const light = LIGHT.filter((column) => (layout.columns as readonly string[]).includes(column));
  const columns = (isWide ? layout.columns : light).map((column) => `m.${column}` as 'm.id');
  const own = (isWide ? OWN : OWN_LIGHT).map((column) => `c.${column}` as 'c.cron');
  return db
    .selectFrom('monitors as m')
    .leftJoin('carillon_monitors as c', (join) =>
      join.on(sql<boolean>`c.monitor_id = ${flavour.idText('m.id')}`),
    )
    .select([...columns, ...own]);
}

function conditionsOf(filter: MonitorFilter, { flavour }: Tools): Condition[] {
  const { active, type, status, priority, tag, search } = filter;
  const all: (Condition | false)[] = [
    active !== undefined && sql`${m('active')} = ${active ? '1' : '0'}`,
    type !== undefined && sql`${m('type')} = ${type}`,
    status !== undefined && sql`coalesce(${m('status')}, 2) = ${status}`,
    priority !== undefined && sql`coalesce(c.priority, 'default') = ${priority}`,
    tag !== undefined && flavour.contains('c.tags', tagWithin(tag)),
    search !== undefined && flavour.containsAnyCase('m.name', search),
  ];
  return all.filter((condition) => condition !== false);
}

async function pageOf(
  tools: Tools,
  conditions: readonly Condition[],
  after: string | null,
  { limit, isWide }: { limit: number; isWide: boolean },
): Promise<MonitorRow[]> {
  if (after !== null && !isUuid(after)) return [];
  let query = monitors(tools, isWide).orderBy('m.id').limit(limit);
  if (after !== null) query = query.where('m.id', '>', after);
  for (const condition of conditions) query = query.where(condition);
  return query.execute();
}

export async function page(
  tools: Tools,
  filter: MonitorFilter,
  after: string | null,
  limit: number,
): Promise<Monitor[]> {
  const rows = await pageOf(tools, conditionsOf(filter, tools), after, { limit, isWide: true });
  return rows.map(monitorOf);
}

export async function count(tools: Tools, filter: MonitorFilter): Promise<number> {
  let query = monitors(tools, false).clearSelect();
  for (const condition of conditionsOf(filter, tools)) query = query.where(condition);
  const { total } = await query.select(({ fn }) => fn.countAll().as('total')).executeTakeFirstOrThrow();
  return Number(total);
}

/** `ids`: of the right form. */
export async function get(tools: Tools, ids: readonly string[]): Promise<Monitor[]> {
  if (ids.length === 0) return [];
  return (await monitors(tools, true).where('m.id', 'in', ids).execute()).map(monitorOf);
}

/** `ids`: of the right form. */
export async function schedulesOf(tools: Tools, ids: readonly string[]): Promise<MonitorSchedule[]> {
  if (ids.length === 0) return [];
  return (await monitors(tools, false).where('m.id', 'in', ids).execute()).map(scheduleOf);
}

export async function schedules(
  tools: Tools,
  after: string | null,
  limit: number,
): Promise<MonitorSchedule[]> {
  const rows = await pageOf(tools, conditionsOf({ active: true }, tools), after, { limit, isWide: false });
  return rows.map(scheduleOf);
}

export async function schedulesChangedSince(
  tools: Tools,
  since: number,
  after: string | null,
  limit: number,
): Promise<MonitorSchedule[]> {
  const { flavour, layout } = tools;
  const from = Math.max(0, since);
  const condition = flavour.isSince('m.updated_at', from, layout.time(from));
  const rows = await pageOf(tools, [condition], after, { limit, isWide: false });
  return rows.map(scheduleOf);
}
