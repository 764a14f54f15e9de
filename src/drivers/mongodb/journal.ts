import type { AnyBulkWriteOperation, ObjectId } from 'mongodb';
import type { MonitorStatus } from '../../ports/monitor-store.port.js';
import type { Collections, Journal, MonitorDoc, RollupDoc, StateDoc } from './documents.js';
import { isOnlyDuplicates } from './mongo-error.js';

/** So often a status is written again because another one came in between. */
const STATUS_ROUNDS = 10;

export type Journaled = Pick<StateDoc, '_id' | 'v' | 'status'> & { journal: Journal };

/**
 * Does what journals of states say. May be done again, by several at once, and for one that was done long ago: results
 * and alerts have ids, a rollup takes a version once and none that is older, a status is checked after it was written.
 */
export async function applyAll(collections: Collections, states: readonly Journaled[]): Promise<void> {
  const { results, alerts } = collections;
  const some = states.map(({ journal }) => journal);
  await harmless(
    some.flatMap((journal) => journal.results),
    (docs) => results.insertMany(docs, { ordered: false }),
  );
  await addRollups(collections, states);
  await harmless(
    some.flatMap((journal) => journal.alerts),
    (docs) => alerts.insertMany(docs, { ordered: false }),
  );
  const statuses = states.flatMap(({ _id, journal: { status } }) =>
    status === null ? [] : [{ _id, status }],
  );
  await writeStatuses(collections, statuses);
}

/** What was there already is no failure. */
async function harmless<T>(items: T[], write: (items: T[]) => Promise<unknown>): Promise<void> {
  if (items.length === 0) return;
  try {
    await write(items);
  } catch (error) {
    if (!isOnlyDuplicates(error)) throw error;
  }
}

async function addRollups({ rollups }: Collections, states: readonly Journaled[]): Promise<void> {
  const writes = states.flatMap(({ _id: monitorId, v, journal }) =>
    journal.rollups.map(({ hour, ...counts }): AnyBulkWriteOperation<RollupDoc> => {
      const _id = `${monitorId.toHexString()}:${hour}`;
      const update = { $inc: counts, $set: { v }, $setOnInsert: { monitorId, hour } };
      // One that has this version or a later one does not fit, and to insert another is refused as a duplicate.
      return { updateOne: { filter: { _id, v: { $lt: v } }, update, upsert: true } };
    }),
  );
  await harmless(writes, (some) => rollups.bulkWrite(some, { ordered: false }));
}

type Wanted = { _id: ObjectId; status: MonitorStatus };

/** A slow writer might write over what a later one wrote: so each looks afterwards what the state says. */
async function writeStatuses({ monitors, states }: Collections, wanted: readonly Wanted[]): Promise<void> {
  let open = [...wanted];
  for (let round = 0; open.length > 0 && round < STATUS_ROUNDS; round += 1) {
    const writes = open.map(({ _id, status }): AnyBulkWriteOperation<MonitorDoc> => ({
      updateOne: { filter: { _id }, update: { $set: { status } } },
    }));
    await monitors.bulkWrite(writes, { ordered: false });
    const written = new Map(open.map(({ _id, status }) => [_id.toHexString(), status]));
    const ids = open.map(({ _id }) => _id);
    const now = await states.find({ _id: { $in: ids } }, { projection: { status: 1 } }).toArray();
    open = now.flatMap(({ _id, status }) =>
      status === null || status === written.get(_id.toHexString()) ? [] : [{ _id, status }],
    );
  }
}

/** The states of these monitors with nothing left to do: what a process that died or is slow has left is done here. */
export async function settledStates(
  collections: Collections,
  ids: readonly ObjectId[],
): Promise<Map<string, StateDoc>> {
  const found = await collections.states.find({ _id: { $in: [...ids] } }).toArray();
  const left = found.filter((state): state is StateDoc & Journaled => state.journal !== undefined);
  if (left.length > 0) {
    await applyAll(collections, left);
    const writes = left.map(({ _id, v }): AnyBulkWriteOperation<StateDoc> => ({
      updateOne: { filter: { _id, v }, update: { $unset: { journal: 1 } } },
    }));
    await collections.states.bulkWrite(writes, { ordered: false });
  }
  return new Map(found.map((state) => [state._id.toHexString(), state]));
}
