import { randomUUID } from 'node:crypto';
import { ObjectId, type AnyBulkWriteOperation } from 'mongodb';
import { backoffMs } from '../../core/backoff.js';
import { systemClock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import type { MonitorState, NewAlert, StoredResult } from '../../ports/monitor-store.port.js';
import { objectIds } from './convert.js';
import type { AlertDoc, Collections, Journal, ResultDoc, StateDoc } from './documents.js';
import { purge } from './editing.js';
import { applyAll, settledStates } from './journal.js';
import { isOnlyDuplicates } from './mongo-error.js';
import { deltasOf } from './rollups.js';

/** A call that meets so many others in a row is given up: milliseconds. */
const PATIENCE_MS = 10_000;
const BACKOFF = { baseMs: 5, capMs: 200 };

/** The new state of a monitor, and what comes with it. */
export interface Change {
  state: MonitorState;
  results: readonly StoredResult[];
  alerts: readonly NewAlert[];
}

/** What is to change, given the states of those monitors that exist; asked again where another one was faster. */
export type Plan = (states: ReadonlyMap<string, MonitorState | undefined>) => Promise<Map<string, Change>>;

/**
 * Changes states of monitors, each at once with all that comes with it, or not at all, although there are no
 * transactions: the state's document is written when it has the version that was read, and holds results, alerts and
 * rollups as a journal until they are written too. A process that dies before has changed nothing; after it the next
 * one that comes by does what the journal says. Answers the changes that were made.
 */
export async function commitAll(
  collections: Collections,
  ids: readonly string[],
  plan: Plan,
): Promise<Map<string, Change>> {
  const made = new Map<string, Change>();
  const end = performance.now() + PATIENCE_MS;
  let open = objectIds(ids);
  for (let attempt = 1; open.length > 0; attempt += 1) {
    const exist = await collections.monitors
      .find({ _id: { $in: open } }, { projection: { _id: 1 } })
      .toArray();
    const before = await settledStates(
      collections,
      exist.map(({ _id }) => _id),
    );
    const states = exist.map(({ _id }): [string, MonitorState | undefined] => {
      const doc = before.get(_id.toHexString());
      return [_id.toHexString(), doc && stateOf(doc)];
    });
    const changes = await plan(new Map(states));
    const won = await write(collections, changes, before);
    for (const id of won) made.set(id, changes.get(id)!);
    open = objectIds([...changes.keys()].filter((id) => !won.has(id)));
    if (open.length > 0 && performance.now() > end) throw crowded();
    if (open.length > 0) await systemClock.sleep(backoffMs(attempt, BACKOFF));
  }
  return made;
}

function crowded(): AppError {
  const message = 'Others write for the same monitors without a pause: the rest was not written. Try later.';
  return new AppError('MONITOR_STORE_UNAVAILABLE', message);
}

export function stateOf({ _id, v, writer, journal: _journal, ...state }: StateDoc): MonitorState {
  void [_id, v, writer];
  return state;
}

async function write(
  collections: Collections,
  changes: ReadonlyMap<string, Change>,
  before: ReadonlyMap<string, StateDoc>,
): Promise<Set<string>> {
  if (changes.size === 0) return new Set();
  const writer = randomUUID();
  const docs = [...changes].map(([id, change]) => next(id, change, before.get(id), writer));
  const { states } = collections;
  await ignoreLost(() =>
    states.bulkWrite(
      docs.map((doc) => writeOf(doc, before)),
      { ordered: false },
    ),
  );
  const mine = { _id: { $in: docs.map(({ _id }) => _id) }, writer };
  const found = await states.find(mine, { projection: { _id: 1 } }).toArray();
  const won = new Set(found.map(({ _id }) => _id.toHexString()));
  const applied = docs.filter(({ _id }) => won.has(_id.toHexString()));
  if (applied.length === 0) return won;
  await applyAll(collections, applied);
  const done = { _id: { $in: applied.map(({ _id }) => _id) }, writer };
  const { matchedCount } = await states.updateMany(done, { $unset: { journal: 1 } });
  const isFirst = applied.some(({ _id }) => !before.has(_id.toHexString()));
  if (matchedCount < applied.length || isFirst) await forgetDeleted(collections, applied);
  return won;
}

function writeOf(doc: StateDoc, before: ReadonlyMap<string, StateDoc>): AnyBulkWriteOperation<StateDoc> {
  const { _id, ...fields } = doc;
  const last = before.get(_id.toHexString());
  if (!last) return { insertOne: { document: doc } };
  return { updateOne: { filter: { _id, v: last.v }, update: { $set: fields } } };
}

/** Somebody else inserted the first state. */
async function ignoreLost(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isOnlyDuplicates(error)) throw error;
  }
}

/** Monitors that were deleted while this was written for them leave nothing behind. */
async function forgetDeleted(collections: Collections, docs: readonly StateDoc[]): Promise<void> {
  const ids = docs.map(({ _id }) => _id);
  const exist = await collections.monitors.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
  const there = new Set(exist.map(({ _id }) => _id.toHexString()));
  const gone = ids.filter((id) => !there.has(id.toHexString()));
  if (gone.length > 0) await purge(collections, gone);
}

/** The version begins at the time, so that a monitor whose id was used before does not meet its old versions. */
function next(
  id: string,
  change: Change,
  last: StateDoc | undefined,
  writer: string,
): StateDoc & { journal: Journal } {
  const monitorId = new ObjectId(id);
  const { status } = change.state;
  return {
    _id: monitorId,
    ...change.state,
    v: Math.max((last?.v ?? 0) + 1, Date.now()),
    writer,
    journal: {
      results: change.results.map(({ id: _id, ...result }): ResultDoc => ({ ...result, _id, monitorId })),
      rollups: deltasOf(change.results),
      alerts: change.alerts.map((alert) => newAlert(alert, monitorId)),
      status: status === (last?.status ?? null) ? null : status,
    },
  };
}

function newAlert(alert: NewAlert, monitorId: ObjectId): AlertDoc {
  return { ...alert, _id: randomUUID(), monitorId, attempts: 0, settled: false, nextAt: 0 };
}
