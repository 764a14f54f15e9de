import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { AppError } from '../../../core/errors.js';
import type { Monitor, MonitorFields } from '../../../ports/monitor-store.port.js';
import type { Tools } from '../link.js';
import type { MonitorsTable } from '../schema/tables.js';
import { exists } from './ids.js';
import { columnsOf, hasOwnFields, lackingOf, monitorOf, ownRowOf } from './monitor-rows.js';
import { get } from './read-monitors.js';
import { chunks, given, insert, upsert } from './upsert.js';
import { toMillis } from './values.js';

const MOST_IDS = 1_000;
/** Their rows are made on the main thread: others have their turn in between. */
const CREATED_AT_ONCE = 200;
const PENDING = 2;
const OWN_COLUMNS = ['cron', 'timezone', 'priority', 'tags', 'maintenance_until'];

/** The database's clock, milliseconds since the Unix epoch. */
export async function now({ db, flavour }: Tools): Promise<number> {
  const { rows } = await sql<{ now: unknown }>`select ${flavour.now} as now`.execute(db);
  return Math.floor(Number(rows[0]!.now));
}

type NewMonitor = MonitorFields & { id?: string };

/** Ids are of the right form, and none comes twice. */
export async function create(tools: Tools, monitors: readonly NewMonitor[]): Promise<Monitor[]> {
  const { layout } = tools;
  for (const fields of monitors) refuseLacking(fields, tools);
  const named = monitors.flatMap(({ id }) => (id === undefined ? [] : [id]));
  if (await isAnyThere(tools, named)) throw exists();
  const at = onGrid(await now(tools), layout.unitMs);
  const time = layout.time(at);
  const created: Monitor[] = [];
  for (const some of chunks(monitors, CREATED_AT_ONCE))
    created.push(...(await createSome(tools, some, time)));
  return created;
}

async function createSome(
  tools: Tools,
  monitors: readonly NewMonitor[],
  time: string | number,
): Promise<Monitor[]> {
  const all = monitors.map((fields) => ({ ...fields, id: fields.id ?? randomUUID() }));
  const rows = all.map((fields) => ({
    id: fields.id,
    ...columnsOf(fields, tools.layout),
    status: PENDING,
    created_at: time,
    updated_at: time,
  }));
  await insert(tools, 'monitors', rows as MonitorsTable[]);
  await forgetEarlier(
    tools,
    monitors.flatMap(({ id }) => id ?? []),
  );
  const own = all.filter(hasOwnFields).map((fields) => ownRowOf(fields.id, fields));
  await upsert(tools, 'carillon_monitors', own, ['monitor_id'], given(OWN_COLUMNS));
  return rows.map((row, i) => monitorOf({ ...row, ...ownRowOf(row.id, all[i]!) }));
}

async function isAnyThere({ db }: Tools, ids: readonly string[]): Promise<boolean> {
  for (const some of chunks(ids, MOST_IDS)) {
    const found = await db.selectFrom('monitors').select('id').where('id', 'in', some).limit(1).execute();
    if (found.length > 0) return true;
  }
  return false;
}

/** What another program left when it deleted monitors of these ids must not be the new ones'. */
async function forgetEarlier({ db }: Tools, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  for (const table of ['carillon_monitors', 'carillon_states', 'carillon_pushes'] as const)
    await db.deleteFrom(table).where('monitor_id', 'in', ids).execute();
}

/** `id`: of the right form. */
export async function update(
  tools: Tools,
  id: string,
  fields: Partial<MonitorFields>,
  ifUpdatedAt?: number,
): Promise<Monitor> {
  const { db, layout } = tools;
  refuseLacking(fields, tools);
  const lock = db.selectFrom('monitors').select(['id', 'updated_at']).where('id', '=', id);
  const kept = await (tools.flavour.canLockRows ? lock.forUpdate() : lock).executeTakeFirst();
  if (!kept) throw unknown();
  const before = toMillis(kept.updated_at);
  if (ifUpdatedAt !== undefined && ifUpdatedAt !== before) throw changed();
  const at = Math.max(onGrid(await now(tools), layout.unitMs), onGrid(before, layout.unitMs) + layout.unitMs);
  await db
    .updateTable('monitors')
    .set({ ...columnsOf(fields, layout), updated_at: layout.time(at) })
    .where('id', '=', id)
    .execute();
  await updateOwn(tools, kept.id, fields);
  const [monitor] = await get(tools, [id]);
  if (!monitor) throw unknown();
  return monitor;
}

async function updateOwn(tools: Tools, id: string, fields: Partial<MonitorFields>): Promise<void> {
  const { cron, timezone, priority, tags, maintenanceUntil } = fields;
  const own = { cron, timezone, priority, tags, maintenanceUntil };
  if (Object.values(own).every((value) => value === undefined)) return;
  const [before] = await get(tools, [id]);
  const after = { ...before!, ...fields };
  await upsert(tools, 'carillon_monitors', [ownRowOf(id, after)], ['monitor_id'], given(OWN_COLUMNS));
}

function refuseLacking(fields: Partial<MonitorFields>, { layout }: Tools): void {
  const lacking = lackingOf(fields, layout);
  if (lacking.length === 0) return;
  throw new AppError(
    'VALIDATION_FAILED',
    `The table monitors of this database has no ${lacking.join(' and no ')}: leave it out, or add the column.`,
  );
}

function onGrid(ms: number, unitMs: number): number {
  return Math.floor(ms / unitMs) * unitMs;
}

function unknown(): AppError {
  return new AppError('MONITOR_UNKNOWN', 'There is no monitor with this id.');
}

function changed(): AppError {
  return new AppError('MONITOR_CHANGED', 'The monitor was edited meanwhile: read it again.');
}
