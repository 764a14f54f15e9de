import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { collectionsOf, type Collections } from '../../../src/drivers/mongodb/documents.js';
import { recordAll } from '../../../src/drivers/mongodb/recording.js';
import type { MonitorStore, RawResult } from '../../../src/ports/monitor-store.port.js';
import { T0, createMany, deleteAll, idsOf, judge, result } from '../../contracts/monitor-store.support.js';
import { SERVER_START_MS, describeWithServers } from '../../support/servers/index.js';
import { openStore } from './open-store.js';
import { rawDatabase, type RawDatabase } from './raw.js';

const DIED = new Error('the process died');

/** Collections of a process that dies as it is about to call `method` of `name`, the nth time. */
function dying(
  all: Collections,
  name: Exclude<keyof Collections, 'db'>,
  method: string,
  nth = 1,
): Collections {
  let calls = 0;
  const collection = new Proxy(all[name], {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      if (key !== method) return value.bind(target) as unknown;
      return (...args: unknown[]) => {
        calls += 1;
        if (calls >= nth) throw DIED;
        return (value as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return { ...all, [name]: collection };
}

describeWithServers(['mongo'], 'a process that dies while it records', () => {
  let raw: RawDatabase;
  let store: MonitorStore;
  let ids: string[];
  let results: RawResult[];
  beforeAll(async () => {
    raw = await rawDatabase();
    store = await openStore(raw.variables);
  }, SERVER_START_MS);
  beforeEach(async () => {
    await deleteAll(store);
    ids = idsOf(await createMany(store, 3));
    await store.record(
      ids.map((id) => result(id)),
      judge,
    );
    results = ids.flatMap((id) => [result(id, { found: 'up' }), result(id, { found: 'down' })]);
  });
  afterAll(async () => {
    await store?.close(5_000);
    await raw?.close();
  });

  const expectOnce = async () => {
    const states = await store.states(ids);
    const uptime = await store.uptime(ids, T0);
    for (const id of ids) {
      expect(states.get(id)).toMatchObject({ failures: 3, status: 0 });
      expect(uptime.get(id)!.h24).toMatchObject({ up: 2, down: 1 });
      expect(await store.history(id, null, 10)).toHaveLength(3);
    }
    expect((await store.get(ids)).map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(await store.takeAlerts(10, 60_000)).toHaveLength(3);
  };

  it.each([
    ['monitors', 'find', 1],
    ['states', 'find', 1],
    ['results', 'find', 1],
    ['states', 'bulkWrite', 1],
  ] as const)('before it has changed anything (%s.%s) leaves nothing', async (name, method, nth) => {
    const before = await store.states(ids);
    await expect(recordAll(dying(collectionsOf(raw.db), name, method, nth), results, judge)).rejects.toBe(
      DIED,
    );
    expect(await store.states(ids)).toEqual(before);
    expect(await store.pendingAlerts()).toBe(0);
    expect(await store.record(results, judge)).toHaveLength(6);
    await expectOnce();
  });

  it.each([
    ['states', 'find', 2],
    ['results', 'insertMany', 1],
    ['rollups', 'bulkWrite', 1],
    ['alerts', 'insertMany', 1],
    ['monitors', 'bulkWrite', 1],
    ['states', 'find', 3],
    ['states', 'updateMany', 1],
  ] as const)('after that (%s.%s, %i) has its work done by the next one, once', async (name, method, nth) => {
    await expect(recordAll(dying(collectionsOf(raw.db), name, method, nth), results, judge)).rejects.toBe(
      DIED,
    );
    // The same results again; and once more.
    expect(await store.record(results, judge)).toEqual([]);
    expect(await store.record(results, judge)).toEqual([]);
    await expectOnce();
  });

  it('leaves work that the next result of any process finishes, before it is judged', async () => {
    await expect(
      recordAll(dying(collectionsOf(raw.db), 'results', 'insertMany'), results, judge),
    ).rejects.toBe(DIED);
    const more = ids.map((id) => result(id, { found: 'up' }));
    expect(await store.record(more, judge)).toHaveLength(3);
    for (const id of ids) expect(await store.history(id, null, 10)).toHaveLength(4);
    const uptime = await store.uptime(ids, T0);
    expect(ids.map((id) => uptime.get(id)!.h24)).toEqual(
      ids.map(() => expect.objectContaining({ up: 3, down: 1 })),
    );
  });

  it('and comes back from a long pause changes nothing that others wrote meanwhile', async () => {
    let resume = (): void => undefined;
    const paused = new Promise<void>((resolve) => (resume = resolve));
    const all = collectionsOf(raw.db);
    const slow: Collections = {
      ...all,
      results: new Proxy(all.results, {
        get: (target, key) => {
          const value = Reflect.get(target, key) as (...args: unknown[]) => unknown;
          if (key !== 'insertMany') return typeof value === 'function' ? value.bind(target) : value;
          return async (...args: unknown[]) => {
            await paused;
            return value.apply(target, args);
          };
        },
      }),
    };
    const late = recordAll(slow, results, judge);
    const up = ids.map((id) => result(id, { found: 'up' }));
    let told = 0;
    while (told === 0) told = (await store.record(up, judge)).filter(() => true).length;
    // Results of the slow one come before or after these; each is counted once all the same.
    resume();
    await late;
    const uptime = await store.uptime(ids, T0);
    for (const id of ids) {
      expect(uptime.get(id)!.h24).toMatchObject({ up: 3, down: 1 });
      const [monitor] = await store.get([id]);
      expect(monitor!.status).toBe((await store.states([id])).get(id)!.status);
    }
  });
});
