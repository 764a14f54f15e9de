import type { Collection, Document, IndexDescription } from 'mongodb';
import type { Collections } from './documents.js';

type Name = Exclude<keyof Collections, 'db'>;

/** One step of our collections' form; a released one is never edited. It may be run again: one that died left half. */
export interface Migration {
  version: number;
  /** What queries of ours go by. An existing `monitor` is not touched: its owner has indexes of his own. */
  indexes: Partial<Record<Name, IndexDescription[]>>;
}

const FIRST: Migration['indexes'] = {
  own: [{ key: { tags: 1, _id: 1 } }, { key: { priority: 1, _id: 1 } }],
  results: [{ key: { monitorId: 1, plannedAt: -1, _id: -1 } }, { key: { plannedAt: 1 } }],
  rollups: [{ key: { monitorId: 1, hour: 1 } }, { key: { hour: 1 } }],
  alerts: [{ key: { settled: 1, at: 1, nextAt: 1 } }, { key: { monitorId: 1 } }],
};

/** In order. */
export const MIGRATIONS: readonly Migration[] = [{ version: 1, indexes: FIRST }];

/** Of a `monitor` that we make. */
const MONITOR_INDEXES: IndexDescription[] = [
  { key: { active: 1, _id: 1 } },
  { key: { updated_at: 1 } },
  { key: { push_token: 1 } },
];

function listed(
  collections: Collections,
  { indexes }: Migration,
): [Collection<Document>, IndexDescription[]][] {
  return (Object.entries(indexes) as [Name, IndexDescription[]][]).map(([name, some]) => [
    collections[name] as unknown as Collection<Document>,
    some,
  ]);
}

async function exists({ db }: Collections, name: string): Promise<boolean> {
  const all = await db.listCollections({}, { nameOnly: true }).toArray();
  return all.some((one) => one.name === name);
}

/** Makes a `monitor` where there is none. May be run again, and by several at once. */
export async function makeMonitors(collections: Collections): Promise<void> {
  const { monitors } = collections;
  if (!(await exists(collections, monitors.collectionName))) await monitors.createIndexes(MONITOR_INDEXES);
}

/** Makes what is absent. May be run again. */
export async function makeIndexes(collections: Collections, migration: Migration): Promise<void> {
  for (const [collection, indexes] of listed(collections, migration)) await collection.createIndexes(indexes);
}

/** What is absent, as commands of mongosh. */
export async function missingIndexes(
  collections: Collections,
  migrations: readonly Migration[],
): Promise<string[]> {
  const commands: string[] = [];
  for (const [collection, indexes] of migrations.flatMap((migration) => listed(collections, migration))) {
    const { collectionName: name } = collection;
    const there = (await exists(collections, name)) ? await collection.indexes() : [];
    const keys = new Set(there.map(({ key }) => JSON.stringify(key)));
    for (const { key } of indexes)
      if (!keys.has(JSON.stringify(key))) commands.push(`db.${name}.createIndex(${JSON.stringify(key)})`);
  }
  return commands;
}
