import { ObjectId, type Filter } from 'mongodb';
import {
  newState,
  type Judge,
  type MonitorState,
  type RawResult,
  type StoredResult,
} from '../../ports/monitor-store.port.js';
import { commitAll, stateOf, type Change } from './commit.js';
import { isId, objectIds, resultOf } from './convert.js';
import type { Collections, ResultDoc } from './documents.js';

/** Writes what is new of the results; see `commitAll`. */
export async function recordAll(
  collections: Collections,
  results: readonly RawResult[],
  judge: Judge,
): Promise<StoredResult[]> {
  const byMonitor = grouped(results);
  const made = await commitAll(collections, [...byMonitor.keys()], async (states) => {
    const open = [...states.keys()].flatMap((id) => byMonitor.get(id)!);
    // After the states: a result that comes to be in between comes with a state that is newer than the one we know.
    const known = await knownOf(collections, open);
    const changes = new Map<string, Change>();
    for (const [id, state] of states) {
      const fresh = byMonitor.get(id)!.filter((one) => !known.has(one.id));
      if (fresh.length > 0) changes.set(id, judged(state ?? newState(), fresh, judge));
    }
    return changes;
  });
  return [...made.values()].flatMap((change) => change.results);
}

/** By monitor, in order of the planned time, each id once. */
function grouped(results: readonly RawResult[]): Map<string, RawResult[]> {
  const seen = new Set<string>();
  const groups = new Map<string, RawResult[]>();
  for (const result of [...results].sort((a, b) => a.plannedAt - b.plannedAt)) {
    if (seen.has(result.id) || !isId(result.monitorId)) continue;
    seen.add(result.id);
    const group = groups.get(result.monitorId);
    if (group) group.push(result);
    else groups.set(result.monitorId, [result]);
  }
  return groups;
}

async function knownOf(collections: Collections, results: readonly RawResult[]): Promise<Set<string>> {
  const ids = results.map(({ id }) => id);
  if (ids.length === 0) return new Set();
  const found = await collections.results.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
  return new Set(found.map(({ _id }) => _id));
}

function judged(first: MonitorState, results: readonly RawResult[], judge: Judge): Change {
  let state = first;
  const told = results.map((result) => {
    const judgement = judge(state, result);
    state = judgement.state;
    return { result: { ...result, status: judgement.status }, alerts: judgement.alerts };
  });
  return { state, results: told.map(({ result }) => result), alerts: told.flatMap(({ alerts }) => alerts) };
}

export async function historyOf(
  { results }: Collections,
  id: string,
  before: { plannedAt: number; id: string } | null,
  limit: number,
): Promise<StoredResult[]> {
  if (!isId(id)) return [];
  const monitorId = new ObjectId(id);
  const older: Filter<ResultDoc> = before
    ? {
        $or: [
          { plannedAt: { $lt: before.plannedAt } },
          { plannedAt: before.plannedAt, _id: { $lt: before.id } },
        ],
      }
    : {};
  const cursor = results.find({ monitorId, ...older }).sort({ plannedAt: -1, _id: -1 });
  return (await cursor.limit(limit).toArray()).map(resultOf);
}

export async function statesOf(
  { states }: Collections,
  ids: readonly string[],
): Promise<Map<string, MonitorState>> {
  const wanted = objectIds(ids);
  if (wanted.length === 0) return new Map();
  const found = await states.find({ _id: { $in: wanted } }, { projection: { journal: 0 } }).toArray();
  return new Map(found.map((doc) => [doc._id.toHexString(), stateOf(doc)]));
}
