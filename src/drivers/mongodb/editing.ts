import { MongoBulkWriteError, ObjectId, type AnyBulkWriteOperation } from 'mongodb';
import { backoffMs } from '../../core/backoff.js';
import { systemClock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { MONITOR_STATUS, type Monitor, type MonitorFields } from '../../ports/monitor-store.port.js';
import { NO_OWN, isId, mainOf, monitorOf, objectIds, ownOf } from './convert.js';
import type { Collections, MonitorDoc, OwnDoc } from './documents.js';
import { isDuplicate } from './mongo-error.js';
import { serverNow } from './server-clock.js';

/** An edit that meets so many others in a row is given up: milliseconds. */
const PATIENCE_MS = 10_000;
const BACKOFF = { baseMs: 5, capMs: 100 };

type NewMonitor = MonitorFields & { id?: string };

/** All or none, as far as a server without transactions can: what was inserted before a refusal is taken back. */
export async function createAll(
  collections: Collections,
  monitors: readonly NewMonitor[],
): Promise<Monitor[]> {
  if (monitors.length === 0) return [];
  const given = monitors.flatMap(({ id }) => (id === undefined ? [] : [id]));
  refuse(given);
  const taken = given.length > 0 && (await collections.monitors.findOne({ _id: { $in: objectIds(given) } }));
  if (taken) throw exists(taken._id.toHexString());
  const now = new Date(await serverNow(collections));
  const docs = monitors.map((monitor) => ({ ...mainOf(monitor), ...born(monitor, now) }) as MonitorDoc);
  const own = monitors.map((monitor, i) => ({ _id: docs[i]!._id, ...NO_OWN, ...ownOf(monitor) }));
  // Before the monitors, so that nobody sees one without; but what belongs to a given id is written by who got it.
  await writeOwn(
    collections,
    own.filter((doc, i) => monitors[i]!.id === undefined && !isDefault(doc)),
  );
  await insert(collections, docs);
  await forgetEarlier(collections, objectIds(given));
  await writeOwn(
    collections,
    own.filter((_doc, i) => monitors[i]!.id !== undefined),
  );
  return docs.map((doc, i) => monitorOf(doc, own[i]));
}

/** What another program left when it deleted monitors of these ids must not be the new ones'. */
async function forgetEarlier({ states, pushes }: Collections, ids: readonly ObjectId[]): Promise<void> {
  if (ids.length === 0) return;
  const some = { _id: { $in: [...ids] } };
  await Promise.all([states.deleteMany(some), pushes.deleteMany(some)]);
}

function refuse(given: readonly string[]): void {
  const wrong = given.find((id) => !isId(id));
  if (wrong !== undefined)
    throw new AppError('VALIDATION_FAILED', 'id must be 24 hexadecimal digits, lower case.');
  const twice = given.find((id, i) => given.indexOf(id) !== i);
  if (twice !== undefined) throw exists(twice);
}

function born({ id }: NewMonitor, now: Date): Partial<MonitorDoc> {
  return {
    _id: id === undefined ? new ObjectId() : new ObjectId(id),
    status: MONITOR_STATUS.pending,
    created_at: now,
    updated_at: now,
  };
}

function isDefault({ cron, timezone, priority, tags, maintenance_until: until }: OwnDoc): boolean {
  return (
    priority === 'default' && tags.length === 0 && [cron, timezone, until].every((value) => value === null)
  );
}

async function writeOwn({ own }: Collections, docs: readonly OwnDoc[]): Promise<void> {
  if (docs.length === 0) return;
  const writes = docs.map(({ _id, ...replacement }): AnyBulkWriteOperation<OwnDoc> => ({
    replaceOne: { filter: { _id }, replacement, upsert: true },
  }));
  await own.bulkWrite(writes, { ordered: false });
}

async function insert({ monitors, own }: Collections, docs: readonly MonitorDoc[]): Promise<void> {
  try {
    await monitors.insertMany(docs, { ordered: true });
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError) || !isDuplicate(error)) throw error;
    const [refused] = [error.writeErrors].flat();
    const before = docs.slice(0, refused?.index ?? 0).map(({ _id }) => _id);
    await monitors.deleteMany({ _id: { $in: before } });
    await own.deleteMany({ _id: { $in: before } });
    throw exists(docs[refused?.index ?? 0]!._id.toHexString());
  }
}

function exists(id: string): AppError {
  return new AppError('MONITOR_EXISTS', `There is a monitor ${id} already.`);
}

/**
 * `updated_at` is raised by whoever finds it as it was read. Fields of ours lie in another document: they are written
 * after it was raised, and it is raised once more, so that who reads by it sees them.
 */
export async function updateOne(
  collections: Collections,
  id: string,
  fields: Partial<MonitorFields>,
  ifUpdatedAt?: number,
): Promise<Monitor> {
  if (!isId(id)) throw unknown(id);
  const _id = new ObjectId(id);
  let doc = await raise(collections, _id, mainOf(fields), ifUpdatedAt);
  const own = ownOf(fields);
  if (Object.keys(own).length > 0) {
    await upsertOwn(collections, _id, own);
    doc = await raise(collections, _id, {});
  }
  const written = await collections.own.findOne({ _id });
  return monitorOf(doc, written ?? NO_OWN);
}

async function upsertOwn(
  { own }: Collections,
  _id: ObjectId,
  fields: Partial<Omit<OwnDoc, '_id'>>,
): Promise<void> {
  const others = Object.entries(NO_OWN).filter(([name]) => !(name in fields));
  const $setOnInsert = Object.fromEntries(others);
  const update = { $set: fields, ...(others.length > 0 && { $setOnInsert }) };
  try {
    await own.updateOne({ _id }, update, { upsert: true });
  } catch (error) {
    if (!isDuplicate(error)) throw error; // another one inserted it at the same moment
    await own.updateOne({ _id }, { $set: fields });
  }
}

async function raise(
  collections: Collections,
  _id: ObjectId,
  fields: Partial<MonitorDoc>,
  ifUpdatedAt?: number,
): Promise<MonitorDoc> {
  const { monitors } = collections;
  const end = performance.now() + PATIENCE_MS;
  for (let attempt = 1; performance.now() < end; attempt += 1) {
    const doc = await monitors.findOne({ _id }, { projection: { updated_at: 1, created_at: 1 } });
    if (!doc) throw unknown(_id.toHexString());
    const last = monitorOf(doc).updatedAt;
    if (ifUpdatedAt !== undefined && last !== ifUpdatedAt) throw changed();
    const updated_at = new Date(Math.max(await serverNow(collections), last + 1));
    const seen = doc.updated_at ?? null;
    const written = await monitors.findOneAndUpdate(
      { _id, updated_at: seen },
      { $set: { ...fields, updated_at } },
      { returnDocument: 'after' },
    );
    if (written) return written;
    await systemClock.sleep(backoffMs(attempt, BACKOFF));
  }
  throw new AppError(
    'MONITOR_STORE_UNAVAILABLE',
    'The monitor is edited by others without a pause: try later.',
  );
}

function unknown(id: string): AppError {
  return new AppError('MONITOR_UNKNOWN', `There is no monitor ${JSON.stringify(id.slice(0, 40))}.`);
}

function changed(): AppError {
  return new AppError('MONITOR_CHANGED', 'Somebody edited the monitor meanwhile: read it again.');
}

/** Answers those that existed. What hangs on them is removed although they did not: of a deletion that was cut short. */
export async function deleteAll(collections: Collections, ids: readonly string[]): Promise<string[]> {
  const wanted = objectIds(ids);
  if (wanted.length === 0) return [];
  const some = { _id: { $in: wanted } };
  const found = await collections.monitors.find(some, { projection: { _id: 1 } }).toArray();
  await collections.monitors.deleteMany(some);
  await purge(collections, wanted);
  return found.map(({ _id }) => _id.toHexString());
}

/** All that hangs on these monitors. */
export async function purge(collections: Collections, ids: readonly ObjectId[]): Promise<void> {
  const { own, states, pushes, results, rollups, alerts } = collections;
  const $in = [...ids];
  await states.deleteMany({ _id: { $in } });
  await Promise.all([
    own.deleteMany({ _id: { $in } }),
    pushes.deleteMany({ _id: { $in } }),
    results.deleteMany({ monitorId: { $in } }),
    rollups.deleteMany({ monitorId: { $in } }),
    alerts.deleteMany({ monitorId: { $in } }),
  ]);
}
