import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { IdempotencyStore, SettledSend } from '../../../src/ports/idempotency-store.port.js';
import { keyRequest } from '../../contracts/idempotency-store.contract.js';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startPrivateRedis, type RedisServer } from '../../support/servers/index.js';
import { openStore } from './idempotency-parts.js';

const SEND: SettledSend = { at: 1_750_000_000_123, outcomes: [{ partition: 2, offset: 7 }] };
const UNAVAILABLE = { code: 'IDEMPOTENCY_STORE_UNAVAILABLE', retryable: true };
const QUICK = { REDIS_COMMAND_TIMEOUT_MS: '300' };

describeWithServers(['redis-private'], 'idempotency keys while Redis is ill', () => {
  let server: RedisServer;
  const open = new Set<IdempotencyStore>();
  beforeAll(async () => {
    server = await startPrivateRedis({ config: { appendonly: 'yes', appendfsync: 'always' } });
  });
  afterEach(async () => {
    for (const store of open) await store.close(5_000);
    open.clear();
    await server.cli(['config', 'set', 'maxmemory', '0']);
    await server.cli(['flushall']);
  });
  afterAll(() => server.release());
  const opened = async (lines?: Record<string, unknown>[]) => {
    const store = await openStore(server.url, { variables: QUICK, lines });
    open.add(store);
    return store;
  };
  const reached = (store: IdempotencyStore) => eventually(() => store.ping(), 20_000);

  it('says so while it is away, and goes on when it is back; what was settled is still known', async () => {
    const [one, two] = [await opened(), await opened()];
    const [request, pending] = [keyRequest(), keyRequest()];
    await one.claim(request);
    await one.settle(request, SEND);
    await one.claim(pending);
    await server.kill();
    await eventually(() => expect(two.ping()).rejects.toMatchObject(UNAVAILABLE));
    const error = (await two.claim(keyRequest()).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject(UNAVAILABLE);
    expect(error.message).toMatch(
      new RegExp(`^Idempotency keys cannot be kept now: Redis at 127.0.0.1:${server.port} [a-z ]+\\.$`),
    );
    await server.start();
    await reached(two);
    expect(await two.claim(request)).toEqual({ state: 'settled', send: SEND });
    expect(await two.claim(pending)).toEqual({ state: 'in-progress' });
  }, 40_000);

  it('writes later what it could not write, and tells the answer in the meantime', async () => {
    const [one, two] = [await opened(), await opened()];
    const [settled, abandoned, released] = [keyRequest(), keyRequest(), keyRequest()];
    for (const request of [settled, abandoned, released]) await one.claim(request);
    await server.stop();
    await eventually(() => expect(one.ping()).rejects.toMatchObject(UNAVAILABLE));
    await expect(one.settle(settled, SEND)).rejects.toMatchObject(UNAVAILABLE);
    await expect(one.abandon(abandoned)).rejects.toMatchObject(UNAVAILABLE);
    await expect(one.release(released.key)).rejects.toMatchObject(UNAVAILABLE);
    expect(await one.claim(settled)).toEqual({ state: 'settled', send: SEND });
    expect(await one.claim(abandoned)).toEqual({ state: 'unknown' });
    expect(await one.claim(released)).toEqual({ state: 'in-progress' });
    await server.start();
    await reached(two);
    await eventually(async () => expect(await two.claim(settled)).toEqual({ state: 'settled', send: SEND }));
    await eventually(async () => expect(await two.claim(abandoned)).toEqual({ state: 'unknown' }));
    await eventually(async () => expect(await two.claim(released)).toEqual({ state: 'claimed' }));
  }, 40_000);

  it('keeps what is in progress when Redis has lost its memory, and binds a settlement', async () => {
    const [one, two] = [await opened(), await opened()];
    const [settled, pending] = [keyRequest(), keyRequest()];
    for (const request of [settled, pending]) await one.claim(request);
    await server.cli(['flushall']);
    await one.settle(settled, SEND);
    expect(await two.claim(settled)).toEqual({ state: 'settled', send: SEND });
    // A new connection: the first one may have ended with a server that came back empty.
    await server.cli(['client', 'kill', 'type', 'normal', 'skipme', 'yes']);
    await reached(two);
    await eventually(async () =>
      expect(Number(await server.cli(['zcard', 'carillon:idempotency:pending']))).toBe(1),
    );
    expect(await two.claim(pending)).toEqual({ state: 'in-progress' });
    await one.settle(pending, SEND);
    expect(await two.claim(pending)).toEqual({ state: 'settled', send: SEND });
  }, 40_000);

  it('takes back a claim whose answer never came', async () => {
    const [one, two] = [await opened(), await opened()];
    const [request, again] = [keyRequest(), keyRequest()];
    await server.pause();
    await expect(one.claim(request)).rejects.toMatchObject(UNAVAILABLE);
    await expect(one.claim(again)).rejects.toMatchObject(UNAVAILABLE);
    await server.resume();
    await reached(one);
    expect(await one.claim(again)).toEqual({ state: 'claimed' });
    await reached(two);
    await eventually(async () => expect(await two.claim(request)).toEqual({ state: 'claimed' }));
    expect(await two.claim(again)).toEqual({ state: 'in-progress' });
  }, 40_000);

  it('ends in time while Redis is away, and says what it could not write', async () => {
    const store = await opened();
    const request = keyRequest();
    await store.claim(request);
    await server.kill();
    await eventually(() => expect(store.ping()).rejects.toMatchObject(UNAVAILABLE));
    await expect(store.settle(request, SEND)).rejects.toMatchObject(UNAVAILABLE);
    expect(await store.close(500)).toBe('1 idempotency keys could not be written');
    await expect(store.claim(request)).rejects.toMatchObject(UNAVAILABLE);
    await server.start();
  }, 40_000);

  describe('and full', () => {
    it('refuses claims, but binds settlements, and sweeps', async () => {
      const lines: Record<string, unknown>[] = [];
      const store = await opened(lines);
      const [request, released] = [keyRequest(), keyRequest()];
      for (const each of [request, released]) await store.claim(each);
      await server.cli(['config', 'set', 'maxmemory', '1kb']);
      await expect(store.claim(keyRequest())).rejects.toMatchObject(UNAVAILABLE);
      await store.settle(request, SEND);
      await store.release(released.key);
      expect(await store.claim(request)).toEqual({ state: 'settled', send: SEND });
      // The sign of life is renewed all the same.
      const alive = () => server.cli(['zrange', 'carillon:idempotency:processes', '0', '-1', 'withscores']);
      const before = await alive();
      await eventually(async () => expect(await alive()).not.toBe(before), 15_000);
      expect(lines.filter(({ msg }) => String(msg).includes('cannot be swept'))).toEqual([]);
      await server.cli(['config', 'set', 'maxmemory', '0']);
      expect(await store.claim(keyRequest())).toEqual({ state: 'claimed' });
    }, 40_000);
  });
});
