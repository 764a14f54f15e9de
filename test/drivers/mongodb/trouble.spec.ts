import { afterAll, afterEach, beforeAll, expect, it, describe } from '@jest/globals';
import type { MonitorStore } from '../../../src/ports/monitor-store.port.js';
import { createOne, fields, judge, result } from '../../contracts/monitor-store.support.js';
import { eventually } from '../../support/eventually.js';
import {
  SERVER_START_MS,
  describeWithServers,
  startPrivateMongo,
  type PrivateMongo,
} from '../../support/servers/index.js';
import { startFakeMongo } from './fake-mongo.js';
import { HASTE, listeningContext, openStore } from './open-store.js';

const PASSWORD = 'p@ss/w:ö#%&rd';
const opened: MonitorStore[] = [];
const ends: (() => Promise<unknown>)[] = [];

async function open(variables: Record<string, string>) {
  const context = await listeningContext();
  const store = await openStore({ ...variables, DB_PASS: PASSWORD, DB_USER: 'wren' }, context, HASTE);
  opened.push(store);
  return { store, ...context };
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close(1_000)));
  await Promise.all(ends.splice(0).map((end) => end()));
});

const refusal = (code: number, codeName: string, errmsg: string) => ({ ok: 0, code, codeName, errmsg });

describe('a MongoDB that cannot be used', () => {
  it.each([
    [
      'refuses the login',
      refusal(18, 'AuthenticationFailed', 'Authentication failed.'),
      'refuses the login. Check DB_USER, DB_PASS and DB_AUTH_SOURCE.',
    ],
    ['is busy with another thing', refusal(96, 'OperationFailed', PASSWORD), 'answered: OperationFailed.'],
  ])(
    'that %s is told in words, with what to do',
    async (_what, answer, words) => {
      const fake = await startFakeMongo(() => answer);
      ends.push(fake.stop);
      const { store, told, metrics } = await open({ DB_HOST: fake.host });
      await eventually(() => expect(store.trouble).not.toBeNull());
      expect(store.trouble).toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE', retryable: true });
      expect(store.trouble!.message).toContain(`MongoDB at ${fake.host} ${words}`);
      await expect(store.count({})).rejects.toMatchObject({ message: store.trouble!.message });
      expect(told[0]).toContain(words.split('. ')[0]);
      expect(told).toHaveLength(1);
      expect([told.join(), await metrics.metrics(), store.trouble!.message].join()).not.toContain(PASSWORD);
      expect(await metrics.metrics()).toMatch(/carillon_database_errors_total\{kind="\w+"\} \d/);
    },
    20_000,
  );

  it.each([
    ['127.0.0.1:1', 'refuses connections. Check DB_HOST and DB_PORT, and that the server runs.'],
    ['no-such-host.invalid', 'has a host name that nobody knows. Check DB_HOST.'],
  ])(
    'at %s is told in words, and does not hold up the start',
    async (host, words) => {
      const began = performance.now();
      const { store } = await open({ DB_HOST: host });
      expect(performance.now() - began).toBeLessThan(4_000);
      const refused = await store.create([fields()]).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE' });
      await eventually(() => expect(store.trouble?.message).toContain(words));
    },
    30_000,
  );

  it('that lost the answer to a write is told as an outcome that is unknown, but not of what may be done again', async () => {
    const store = await storeOfHalfAServer();
    const create = store.create([fields()]);
    await expect(create).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', retryable: false });
    const settle = store.settleAlert('00000000-0000-4000-8000-000000000000', null);
    await expect(settle).rejects.toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE', retryable: true });
  }, 30_000);

  /** One that ends the connection at every insert and update, once it was in use. */
  async function storeOfHalfAServer() {
    let isCutting = false;
    const fake = await startFakeMongo((command) => {
      if (isCutting && ('insert' in command || 'update' in command)) throw new Error('cut');
      if ('find' in command)
        return { ok: 1, cursor: { id: 0n, ns: 'x.y', firstBatch: [{ _id: 'schema', version: 1 }] } };
      return { ok: 1, n: 1, localTime: new Date() };
    });
    ends.push(fake.stop);
    const store = await openStore({ DB_HOST: fake.host }, undefined, HASTE);
    opened.push(store);
    await store.now();
    isCutting = true;
    return store;
  }
});

describeWithServers(['mongo-private'], 'a MongoDB that comes and goes', () => {
  let server: PrivateMongo;
  beforeAll(async () => {
    server = await startPrivateMongo();
  }, SERVER_START_MS);
  afterAll(() => server?.release());

  const openThere = async () => {
    const context = await listeningContext();
    const store = await openStore({ DB_HOST: server.host, DB_NAME: server.fresh() }, context, HASTE);
    opened.push(store);
    return { store, ...context };
  };

  it('is told while it is gone, and used again when it is back', async () => {
    const { store, told } = await openThere();
    const { id } = await createOne(store);
    await server.kill();
    await eventually(() => expect(store.trouble).toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE' }));
    await expect(store.record([result(id)], judge)).rejects.toMatchObject({
      code: 'MONITOR_STORE_UNAVAILABLE',
    });
    await expect(store.ping()).rejects.toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE' });
    await server.start();
    await eventually(() => store.ping());
    await eventually(() => expect(store.trouble).toBeNull());
    expect(told.length).toBeLessThanOrEqual(2);
    expect((await createOne(store)).name).toMatch(/monitor/);
  }, 90_000);

  it('is found when it comes after the start', async () => {
    await server.kill();
    const { store } = await openThere();
    await eventually(() => expect(store.trouble).not.toBeNull());
    await server.start();
    await eventually(async () => expect((await createOne(store)).status).toBe(2));
    await eventually(() => expect(store.trouble).toBeNull());
  }, 90_000);

  it('that hangs does not hold up a call for ever, nor the end', async () => {
    const { store } = await openThere();
    await createOne(store);
    await server.pause();
    try {
      const began = performance.now();
      await expect(store.count({})).rejects.toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE' });
      expect(performance.now() - began).toBeLessThan(45_000);
      await eventually(() => expect(store.trouble?.message).toContain('does not answer'));
      const left = store.get(['65f0c0ffee65f0c0ffee65f0']);
      left.catch(() => undefined);
      expect(await store.close(300)).toBe('1 calls of MongoDB were under way');
      await expect(left).rejects.toMatchObject({ name: 'AppError' });
    } finally {
      await server.resume();
    }
  }, 90_000);
});
