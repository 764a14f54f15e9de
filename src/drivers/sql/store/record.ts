import { sql } from 'kysely';
import {
  MONITOR_STATUS,
  newState,
  type Judge,
  type MonitorState,
  type NewAlert,
  type RawResult,
  type StoredResult,
} from '../../../ports/monitor-store.port.js';
import type { Tools } from '../link.js';
import type { ResultsTable } from '../schema/tables.js';
import { insertAlerts } from './alerts.js';
import { addToRollups } from './rollups.js';
import { lockStates, stateRowOf } from './states.js';
import { chunks, given, insert, upsert } from './upsert.js';
import { storable, toNumber } from './values.js';

const MOST_ID = 255;
const MOST_MESSAGE = 1_000;
const MOST_IDS = 1_000;

/** What the table says of a monitor: null where it says nothing that we know. */
type Statuses = Map<string, number | null>;

/** As the port has it; one transaction. */
export async function record(
  tools: Tools,
  results: readonly RawResult[],
  judge: Judge,
): Promise<StoredResult[]> {
  const wanted = onceEach(results);
  if (wanted.length === 0) return [];
  const there = await statuses(tools, [...new Set(wanted.map(({ monitorId }) => monitorId))]);
  if (there.size === 0) return [];
  const states = await lockStates(tools, [...there.keys()]);
  // Only now: until the rows were locked, somebody may have recorded the same or deleted a monitor
  const known = await statuses(tools, [...there.keys()]);
  await forget(
    tools,
    [...there.keys()].filter((id) => !known.has(id)),
  );
  const old = await recorded(
    tools,
    wanted.map(({ id }) => id),
  );
  const fresh = wanted.filter(({ id, monitorId }) => known.has(monitorId) && !old.has(id));
  if (fresh.length === 0) return [];
  const judged = judgeAll(fresh, states, judge);
  await insert(tools, 'carillon_results', judged.results.map(rowOf));
  await addToRollups(tools, judged.results);
  await writeStates(tools, states, judged.touched);
  await insertAlerts(tools, judged.alerts);
  await writeStatuses(tools, judged.results, states, known);
  return judged.results;
}

/** In the form that is kept, each id once, in the order in which they are judged. */
function onceEach(results: readonly RawResult[]): RawResult[] {
  const byId = new Map<string, RawResult>();
  for (const result of results) {
    const id = keptId(result.id);
    const message = storable([...result.message].slice(0, MOST_MESSAGE).join(''));
    if (!byId.has(id)) byId.set(id, { ...result, id, message });
  }
  return [...byId.values()].sort((a, b) => a.plannedAt - b.plannedAt);
}

function keptId(id: string): string {
  return storable(id).slice(0, MOST_ID);
}

async function statuses({ db }: Tools, ids: readonly string[]): Promise<Statuses> {
  const rows = await db.selectFrom('monitors').select(['id', 'status']).where('id', 'in', ids).execute();
  const asked = new Set(ids);
  return new Map(rows.filter(({ id }) => asked.has(id)).map(({ id, status }) => [id, toNumber(status)]));
}

/** The rows that were locked for monitors that are no more. */
async function forget({ db }: Tools, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db.deleteFrom('carillon_states').where('monitor_id', 'in', ids).execute();
}

async function recorded({ db }: Tools, ids: readonly string[]): Promise<Set<string>> {
  const rows = await db.selectFrom('carillon_results').select('id').where('id', 'in', ids).execute();
  return new Set(rows.map(({ id }) => id));
}

interface Judged {
  results: StoredResult[];
  alerts: NewAlert[];
  touched: Set<string>;
}

/** `states` holds the new ones afterwards. */
function judgeAll(results: readonly RawResult[], states: Map<string, MonitorState>, judge: Judge): Judged {
  const judged: Judged = { results: [], alerts: [], touched: new Set() };
  for (const result of results) {
    const { monitorId } = result;
    const { status, state, alerts } = judge(states.get(monitorId) ?? newState(), result);
    states.set(monitorId, state);
    judged.touched.add(monitorId);
    judged.results.push({ ...result, status });
    judged.alerts.push(...alerts);
  }
  return judged;
}

function rowOf({
  id,
  monitorId,
  plannedAt,
  at,
  found,
  status,
  latencyMs,
  message,
}: StoredResult): ResultsTable {
  return {
    id,
    monitor_id: monitorId,
    planned_at: plannedAt,
    at,
    found,
    status,
    latency_ms: latencyMs,
    message,
  };
}

const STATE_COLUMNS = Object.keys(stateRowOf('', newState())).filter((column) => column !== 'monitor_id');

async function writeStates(
  tools: Tools,
  states: ReadonlyMap<string, MonitorState>,
  touched: ReadonlySet<string>,
): Promise<void> {
  const rows = [...touched].sort().map((id) => stateRowOf(id, states.get(id)!));
  await upsert(tools, 'carillon_states', rows, ['monitor_id'], given(STATE_COLUMNS));
}

/** The monitor's own status, where it is another one now; `updated_at` stays, also where the table would raise it. */
async function writeStatuses(
  { db }: Tools,
  results: readonly StoredResult[],
  states: ReadonlyMap<string, MonitorState>,
  known: Statuses,
): Promise<void> {
  const told = new Set(
    results.filter(({ status }) => status !== 'unknown').map(({ monitorId }) => monitorId),
  );
  for (const status of Object.values(MONITOR_STATUS)) {
    const ids = [...told].filter((id) => states.get(id)!.status === status && known.get(id) !== status);
    for (const some of chunks(ids.sort(), MOST_IDS))
      await db
        .updateTable('monitors')
        .set({ status, updated_at: sql.ref('updated_at') })
        .where('id', 'in', some)
        .execute();
  }
}
