import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { MonitorStore } from '../../../src/ports/monitor-store.port.js';
import { createOne, judge, result } from '../../contracts/monitor-store.support.js';
import { SERVER_START_MS, describeWithServers } from '../../support/servers/index.js';
import { collectionsOf } from '../../../src/drivers/mongodb/documents.js';
import { MIGRATIONS, type Migration } from '../../../src/drivers/mongodb/indexes.js';
import { migrate } from '../../../src/drivers/mongodb/migrate.js';
import { openStore } from './open-store.js';
import { rawDatabase, type RawDatabase } from './raw.js';

interface Recorded {
  _id: string;
  version?: number;
  holder?: string;
  until?: number;
}

describeWithServers(['mongo'], 'DB_SYNC with MongoDB', () => {
  let raw: RawDatabase;
  const opened: MonitorStore[] = [];
  const open = async (more: Record<string, string> = {}) => {
    const store = await openStore({ ...raw.variables, ...more });
    opened.push(store);
    return store;
  };
  const names = async () => (await raw.db.listCollections().toArray()).map(({ name }) => name).sort();
  const migrations = () => raw.db.collection<Recorded>('carillon_migrations');
  beforeEach(async () => {
    raw = await rawDatabase();
  }, SERVER_START_MS);
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close(5_000)));
    await raw.close();
  });

  it('makes what is absent once, when many processes start at once', async () => {
    const stores = await Promise.all(Array.from({ length: 8 }, () => open()));
    await Promise.all(stores.map((store) => store.now()));
    expect(stores.map(({ trouble }) => trouble)).toEqual(stores.map(() => null));
    expect(await migrations().find().toArray()).toEqual([{ _id: 'schema', version: 1 }]);
    expect(await names()).toEqual(
      expect.arrayContaining(['monitor', 'carillon_results', 'carillon_rollups']),
    );
    const { id } = await createOne(stores[0]!);
    expect(await stores[7]!.record([result(id)], judge)).toHaveLength(1);
  });

  it('takes the lock from a process that died, when its time is over', async () => {
    await migrations().insertOne({ _id: 'lock', holder: 'dead', until: Date.now() + 1_500 });
    const store = await open();
    expect(await migrations().findOne({ _id: 'schema' })).toBeNull();
    await store.now();
    expect(await migrations().find().toArray()).toEqual([{ _id: 'schema', version: 1 }]);
  });

  it.each(['own', 'off'])(
    'refuses what a newer program made, with the versions (DB_SYNC=%s)',
    async (sync) => {
      await migrations().insertOne({ _id: 'schema', version: 7 });
      await expect(open({ DB_SYNC: sync })).rejects.toMatchObject({
        name: 'ConfigError',
        message: expect.stringMatching(
          /of version 7, and this program knows version 1\. Start the newer/,
        ) as unknown,
      });
      expect(await migrations().find().toArray()).toEqual([{ _id: 'schema', version: 7 }]);
    },
  );

  it('runs migrations in order, each once', async () => {
    const collections = collectionsOf(raw.db);
    const { signal } = new AbortController();
    await migrate(collections, signal);
    const made = (await collections.own.indexes()).length;
    const later: Migration[] = [
      ...MIGRATIONS,
      { version: 2, indexes: { own: [{ key: { timezone: 1 } }] } },
      { version: 3, indexes: { pushes: [{ key: { at: 1 } }] } },
    ];
    await collections.own.dropIndex('tags_1__id_1');
    await migrate(collections, signal, later);
    await migrate(collections, signal, later);
    const keys = (await collections.own.indexes()).map(({ key }) => Object.keys(key).join());
    expect(keys).toHaveLength(made); // the first one was not run again
    expect(keys).toContain('timezone');
    expect(await migrations().find().toArray()).toEqual([{ _id: 'schema', version: 3 }]);
  });

  it('with off makes nothing, and refuses to start with the commands to run', async () => {
    const refused = await openStore({ ...raw.variables, DB_SYNC: 'off' }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'ConfigError' });
    const text = (refused as Error).message;
    expect(text).toContain('lacks indexes, and DB_SYNC=off makes none');
    expect(text).toContain('db.carillon_results.createIndex({"monitorId":1,"plannedAt":-1,"_id":-1})');
    expect(await names()).toEqual([]);
    for (const [, name, keys] of text.matchAll(/db\.(\w+)\.createIndex\(([^)]+)\)/g))
      await raw.db.collection(name!).createIndex(JSON.parse(keys!) as Record<string, 1>);
    const store = await open({ DB_SYNC: 'off' });
    await store.now();
    expect(store.trouble).toBeNull();
    const { id } = await createOne(store);
    expect(await store.record([result(id)], judge)).toHaveLength(1);
    expect(await names()).not.toContain('carillon_migrations');
  });
});
