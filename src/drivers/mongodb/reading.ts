import { ObjectId, type Filter } from 'mongodb';
import type { Monitor, MonitorFilter, MonitorSchedule } from '../../ports/monitor-store.port.js';
import { SCHEDULE_FIELDS, isId, monitorOf, objectIds, scheduleOf } from './convert.js';
import type { Collections, MonitorDoc, OwnDoc } from './documents.js';

/** As many at once where a page is searched for in two collections. */
const CHUNK = 1000;

const BY_ID = { _id: 1 } as const;

/** Pages of monitors, each with its fields of ours. */
export async function pageOf(
  collections: Collections,
  filter: MonitorFilter,
  after: string | null,
  limit: number,
): Promise<Monitor[]> {
  const found: Monitor[] = [];
  for await (const docs of matching(collections, filter, after, limit)) {
    const own = await ownOfAll(collections, docs);
    found.push(...docs.map((doc) => monitorOf(doc, own.get(doc._id.toHexString()))));
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

export async function countOf(collections: Collections, filter: MonitorFilter): Promise<number> {
  if (!isOnOwn(filter)) return collections.monitors.countDocuments(mainFilter(filter));
  let count = 0;
  for await (const docs of matching(collections, filter, null, CHUNK)) count += docs.length;
  return count;
}

export async function getAll(collections: Collections, ids: readonly string[]): Promise<Monitor[]> {
  const wanted = objectIds(ids);
  if (wanted.length === 0) return [];
  const docs = await collections.monitors.find({ _id: { $in: wanted } }).toArray();
  const own = await ownOfAll(collections, docs);
  return docs.map((doc) => monitorOf(doc, own.get(doc._id.toHexString())));
}

/** Those that fit, light, by id. */
export async function schedulesOf(
  collections: Collections,
  filter: Filter<MonitorDoc>,
  after: string | null,
  limit: number,
): Promise<MonitorSchedule[]> {
  const place = afterId(after);
  if (place === null) return [];
  const cursor = collections.monitors.find({ $and: [filter, place] }, { projection: SCHEDULE_FIELDS });
  const docs = await cursor.sort(BY_ID).limit(limit).batchSize(CHUNK).toArray();
  const own = await ownOfAll(collections, docs);
  return docs.map((doc) => scheduleOf(doc, own.get(doc._id.toHexString())));
}

/** A filter for what comes after; null where nothing does, as no id is like that. */
function afterId(after: string | null): Filter<{ _id: ObjectId }> | null {
  if (after === null) return {};
  return isId(after) ? { _id: { $gt: new ObjectId(after) } } : null;
}

async function ownOfAll({ own }: Collections, docs: readonly MonitorDoc[]): Promise<Map<string, OwnDoc>> {
  if (docs.length === 0) return new Map();
  const found = await own.find({ _id: { $in: docs.map(({ _id }) => _id) } }).toArray();
  return new Map(found.map((doc) => [doc._id.toHexString(), doc]));
}

function isOnOwn({ tag, priority }: MonitorFilter): boolean {
  return tag !== undefined || priority !== undefined;
}

function mainFilter({ active, type, status, search }: MonitorFilter): Filter<MonitorDoc> {
  return {
    ...(active !== undefined && { active }),
    ...(type !== undefined && { type }),
    ...(status !== undefined && { status }),
    ...(search !== undefined && { name: { $regex: escaped(search), $options: 'i' } }),
  };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

/** Monitors that fit, by id, in groups of no set size, `limit` at first: without transactions two collections are joined here. */
async function* matching(
  collections: Collections,
  filter: MonitorFilter,
  after: string | null,
  limit: number,
): AsyncGenerator<MonitorDoc[]> {
  const place = afterId(after);
  if (place === null) return;
  const main = mainFilter(filter);
  if (!isOnOwn(filter)) {
    yield await collections.monitors
      .find({ $and: [main, place] })
      .sort(BY_ID)
      .limit(limit)
      .toArray();
  } else if (filter.tag === undefined && filter.priority === 'default') {
    yield* withoutOther(collections, main, place);
  } else {
    yield* withOwn(collections, filter, main, place);
  }
}

/** Goes by our own collection: what has a tag or another priority than the default has a document there. */
async function* withOwn(
  { own, monitors }: Collections,
  { tag, priority }: MonitorFilter,
  main: Filter<MonitorDoc>,
  place: Filter<{ _id: ObjectId }>,
): AsyncGenerator<MonitorDoc[]> {
  const wanted: Filter<OwnDoc> = { ...(tag !== undefined && { tags: tag }), ...(priority && { priority }) };
  let from: Filter<{ _id: ObjectId }> = place;
  for (;;) {
    const ids = await own
      .find({ $and: [wanted, from] as Filter<OwnDoc>[] }, { projection: { _id: 1 } })
      .sort(BY_ID)
      .limit(CHUNK)
      .toArray();
    if (ids.length === 0) return;
    const inChunk: Filter<MonitorDoc> = { _id: { $in: ids.map(({ _id }) => _id) } };
    yield await monitors
      .find({ $and: [main, inChunk] })
      .sort(BY_ID)
      .toArray();
    from = { _id: { $gt: ids.at(-1)!._id } };
  }
}

/** Goes by `monitor`, and leaves out what has another priority than the default. */
async function* withoutOther(
  { own, monitors }: Collections,
  main: Filter<MonitorDoc>,
  place: Filter<{ _id: ObjectId }>,
): AsyncGenerator<MonitorDoc[]> {
  let from: Filter<{ _id: ObjectId }> = place;
  for (;;) {
    const docs = await monitors
      .find({ $and: [main, from] as Filter<MonitorDoc>[] })
      .sort(BY_ID)
      .limit(CHUNK)
      .toArray();
    if (docs.length === 0) return;
    const ids = docs.map(({ _id }) => _id);
    const others = await own
      .find({ _id: { $in: ids }, priority: { $ne: 'default' } }, { projection: { _id: 1 } })
      .toArray();
    const out = new Set(others.map(({ _id }) => _id.toHexString()));
    yield docs.filter(({ _id }) => !out.has(_id.toHexString()));
    from = { _id: { $gt: ids.at(-1)! } };
  }
}
