import { sql } from 'kysely';
import type { Tools } from '../link.js';
import { lockStates } from './states.js';

/** All that hangs on a monitor, but its results: those may be many. */
const HANGING = [
  'carillon_monitors',
  'carillon_rollups',
  'carillon_pushes',
  'carillon_alerts',
  'carillon_states',
] as const;

/** Answers those that existed. Their results are still there: `deleteResults` comes next. `ids`: of the right form. */
export async function deleteMonitors(tools: Tools, ids: readonly string[]): Promise<string[]> {
  const { db } = tools;
  const found = await db.selectFrom('monitors').select('id').where('id', 'in', ids).execute();
  if (found.length === 0) return [];
  const all = found.map(({ id }) => id);
  await lockStates(tools, all); // who records for them waits, and then sees that they are gone
  const there = await db.selectFrom('monitors').select('id').where('id', 'in', all).execute();
  await db.deleteFrom('monitors').where('id', 'in', all).execute();
  for (const table of HANGING) await db.deleteFrom(table).where('monitor_id', 'in', all).execute();
  return there.map(({ id }) => id);
}

const STEP = 5_000;

/** Some of the results of monitors that were deleted; answers how many. */
export async function deleteResults(tools: Tools, monitorIds: readonly string[]): Promise<number> {
  const { db, flavour } = tools;
  const where = sql`monitor_id in (${sql.join(monitorIds)})`;
  const { numAffectedRows } = await flavour.deleteSome('carillon_results', where, STEP).execute(db);
  return Number(numAffectedRows ?? 0);
}
