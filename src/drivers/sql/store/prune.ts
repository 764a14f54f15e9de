import { sql, type RawBuilder } from 'kysely';
import { systemClock } from '../../../core/clock.js';
import type { Retention } from '../../../ports/monitor-store.port.js';
import type { SqlLink, Tools } from '../link.js';
import { HOUR_MS } from './rollups.js';

/** Rows of one step. */
const STEP = 2_000;
/** Monitors that are looked for at once. */
const PAGE = 1_000;
/** Others have the database to themselves for as long as a step took, and at least so long, milliseconds. */
const PAUSE_MS = 5;

/** Of monitors that another program deleted. */
const HANGING = ['carillon_monitors', 'carillon_states', 'carillon_pushes'] as const;

/** Deletes what is older, step by step, until `signal` aborts or nothing is left; answers how many rows. */
export async function prune(link: SqlLink, retention: Retention, signal: AbortSignal): Promise<number> {
  const { resultsBefore, rollupsBefore, alertsBefore } = retention;
  const old: [table: string, where: RawBuilder<unknown>][] = [
    ['carillon_results', sql`planned_at < ${resultsBefore}`],
    ['carillon_rollups', sql`hour < ${Math.ceil(rollupsBefore / HOUR_MS)}`],
    ['carillon_alerts', sql`settled_at is not null and at < ${alertsBefore}`],
  ];
  let deleted = 0;
  for (const [table, where] of old)
    await inSteps(signal, async () => {
      const step = await link.write('again', async ({ db, flavour }) => {
        const { numAffectedRows } = await flavour.deleteSome(table, where, STEP).execute(db);
        return Number(numAffectedRows ?? 0);
      });
      deleted += step;
      return step === STEP;
    });
  for (const table of HANGING) deleted += await pruneOrphans(link, table, signal);
  return deleted;
}

async function pruneOrphans(
  link: SqlLink,
  table: (typeof HANGING)[number],
  signal: AbortSignal,
): Promise<number> {
  let deleted = 0;
  let after = '';
  await inSteps(signal, async () => {
    const ids = await link.read((tools) => idsOf(tools, table, after));
    after = ids.at(-1) ?? after;
    const orphans = await link.read((tools) => orphansAmong(tools, ids));
    if (orphans.length > 0)
      deleted += await link.write('again', (tools) => deleteOrphans(tools, table, orphans));
    return ids.length === PAGE;
  });
  return deleted;
}

/** Rows are locked before it is looked once more: one of them may be a monitor's that comes again under its old id. */
async function deleteOrphans(
  tools: Tools,
  table: (typeof HANGING)[number],
  ids: readonly string[],
): Promise<number> {
  const { db, flavour } = tools;
  const rows = db.selectFrom(table).select('monitor_id').where('monitor_id', 'in', ids).orderBy('monitor_id');
  await (flavour.canLockRows ? rows.forUpdate() : rows).execute();
  const orphans = await orphansAmong(tools, ids);
  if (orphans.length === 0) return 0;
  const { numDeletedRows } = await db.deleteFrom(table).where('monitor_id', 'in', orphans).executeTakeFirst();
  return Number(numDeletedRows);
}

async function idsOf({ db }: Tools, table: (typeof HANGING)[number], after: string): Promise<string[]> {
  const rows = await db
    .selectFrom(table)
    .select('monitor_id')
    .where('monitor_id', '>', after)
    .orderBy('monitor_id')
    .limit(PAGE)
    .execute();
  return rows.map(({ monitor_id }) => monitor_id);
}

async function orphansAmong({ db }: Tools, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await db.selectFrom('monitors').select('id').where('id', 'in', ids).execute();
  const there = new Set(rows.map(({ id }) => id));
  return ids.filter((id) => !there.has(id));
}

/** Runs `step` while it answers that there is more, and leaves the database to others for as long as a step took. */
async function inSteps(signal: AbortSignal, step: () => Promise<boolean>): Promise<void> {
  for (;;) {
    if (signal.aborted) return;
    const began = performance.now();
    if (!(await step())) return;
    await systemClock.sleep(Math.max(PAUSE_MS, performance.now() - began), signal);
  }
}
