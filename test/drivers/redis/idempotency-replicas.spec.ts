import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/core/clock.js';
import { KeyTable } from '../../../src/drivers/redis/idempotency-table.js';
import type { IdempotencyStore, SettledSend } from '../../../src/ports/idempotency-store.port.js';
import { keyRequest } from '../../contracts/idempotency-store.contract.js';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startedRedis } from '../../support/servers/index.js';
import { inconsistencies, openStore } from './idempotency-parts.js';

/** No other suite has it. */
const DATABASE = '60';
const SEND: SettledSend = { at: 1_750_000_000_123, outcomes: [{ partition: 2, offset: 7 }] };

describeWithServers(['redis'], 'idempotency keys of replicas', () => {
  let url: string;
  let raw: Redis;
  beforeAll(async () => {
    ({ url } = await startedRedis());
    raw = new Redis(url, { db: Number(DATABASE) });
  });
  beforeEach(() => raw.flushdb());
  afterEach(async () => {
    expect(await inconsistencies(raw)).toEqual([]);
  });
  afterAll(async () => {
    await raw.flushdb();
    await raw.quit();
  });
  const open = (maxKeys = 1000) =>
    openStore(url, { variables: { REDIS_DB: DATABASE }, gateway: { idempotencyMaxKeys: maxKeys } });
  /** A process that shows no sign of life after its claims. */
  const process = (aliveMs = 60_000, maxKeys = 1000) => {
    const run = <T>(_code: string, command: (redis: Redis) => Promise<T>) => command(raw);
    return new KeyTable({ run }, { aliveMs, maxKeys, timeoutMs: 5_000, clock: systemClock });
  };

  describe('two stores', () => {
    let stores: [IdempotencyStore, IdempotencyStore];
    beforeEach(async () => {
      stores = [await open(), await open()];
    });
    afterEach(() => Promise.all(stores.map((store) => store.close(5_000))));

    it('have one storage, that is not another database’s', async () => {
      expect(stores[0].storage).toBe(stores[1].storage);
      const other = await openStore(url, { variables: { REDIS_DB: '59' } });
      expect(other.storage).not.toBe(stores[0].storage);
      await other.close(5_000);
    });

    it('claim a key once between them, and give one answer', async () => {
      const [one, two] = stores;
      const request = keyRequest();
      const claims = await Promise.all(
        Array.from({ length: 40 }, (_, i) => (i % 2 ? two : one).claim(request)),
      );
      expect(claims[0]).toEqual({ state: 'claimed' });
      expect(claims.filter(({ state }) => state === 'in-progress')).toHaveLength(39);
      expect(await two.claim({ ...request, fingerprint: 'other' })).toEqual({ state: 'mismatch' });
      await one.settle(request, SEND);
      for (const store of stores)
        expect(await store.claim(request)).toEqual({ state: 'settled', send: SEND });
    });

    it('free, give up and leave keys for each other', async () => {
      const [one, two] = stores;
      const [released, abandoned, left] = [keyRequest(), keyRequest(), keyRequest()];
      for (const request of [released, abandoned, left]) await one.claim(request);
      await two.release(released.key);
      expect(await two.claim(released)).toEqual({ state: 'in-progress' }); // it was not two’s to free
      await one.release(released.key);
      expect(await two.claim(released)).toEqual({ state: 'claimed' });
      await one.abandon(abandoned);
      expect(await two.claim(abandoned)).toEqual({ state: 'unknown' });
      await one.close(5_000);
      expect(await two.claim(left)).toEqual({ state: 'unknown' });
    });
  });

  it('are in progress while their process lives, unknown when it is dead, and known when it was not', async () => {
    const [dead, other] = [process(300), process()];
    const [settled, released, dropped] = [keyRequest(), keyRequest(), keyRequest()];
    for (const request of [settled, released, dropped]) await dead.claim(request, 'a');
    expect(await other.claim(settled, 'b')).toEqual({ state: 'in-progress' });
    await delay(350);
    expect(await other.claim(settled, 'b')).toEqual({ state: 'unknown' });
    await other.sweep(2); // some are buried, some are not yet
    for (const request of [settled, released, dropped]) {
      expect(await other.claim(request, 'b')).toEqual({ state: 'unknown' });
      expect(await other.claim({ ...request, fingerprint: 'x' }, 'b')).toEqual({ state: 'mismatch' });
    }
    await dead.release(released.key, 'a');
    expect(await other.claim(released, 'b')).toEqual({ state: 'claimed' });
    await dead.settle(settled, 'a', SEND);
    expect(await other.claim(settled, 'b')).toEqual({ state: 'settled', send: SEND });
    await dead.release(released.key, 'a'); // not its claim any more
    expect(await other.claim(released, 'c')).toMatchObject({ state: 'claimed' });
  });

  it('are in progress again when a process that was thought dead asks for what it holds', async () => {
    const [slow, other] = [process(300), process()];
    const request = keyRequest();
    await slow.claim(request, 'a');
    await delay(350);
    await other.sweep(100);
    expect(await other.claim(request, 'b')).toEqual({ state: 'unknown' });
    expect(await slow.claim(request, 'a')).toEqual({ state: 'claimed' });
    expect(await other.claim(request, 'b')).toEqual({ state: 'in-progress' });
  });

  it('stay in progress when there is no room for one more', async () => {
    const [small, large] = [process(60_000, 10), process(60_000, 20)];
    const held = Array.from({ length: 5 }, () => keyRequest());
    for (const request of held) await small.claim(request, 'a');
    for (let i = 0; i < 10; i++) await large.claim(keyRequest(), 'a');
    expect(await small.claim(keyRequest(), 'a')).toBe('full');
    for (const request of held) {
      expect(await small.claim(request, 'a')).toEqual({ state: 'claimed' });
      expect(await large.claim(request, 'a')).toEqual({ state: 'in-progress' });
    }
  });

  it('are freed by the claim that took them alone', async () => {
    const owner = process();
    const request = keyRequest();
    await owner.claim(request, 'first, without an answer');
    expect(await owner.claim({ ...request, fingerprint: 'x' }, 'second')).toEqual({ state: 'claimed' });
    await owner.release(request.key, 'first, without an answer');
    expect(await process().claim(request, 'b')).toEqual({ state: 'mismatch' });
    await owner.release(request.key, 'second');
    expect(await process().claim(request, 'b')).toEqual({ state: 'claimed' });
  });

  it('are dropped in the order in which they were settled, whatever their lifetimes, also what the dead left', async () => {
    const [dead, table] = [process(1, 10), process(60_000, 10)];
    const left = Array.from({ length: 4 }, () => keyRequest());
    for (const request of left) await dead.claim(request, 'a');
    await delay(5);
    await table.sweep(100);
    const requests = Array.from({ length: 12 }, (_, i) =>
      keyRequest({ expiresAt: Date.now() + 90_000 - i * 5_000 }),
    );
    for (const request of requests) {
      expect(await table.claim(request, 'a')).toEqual({ state: 'claimed' });
      await table.settle(request, 'a', SEND);
    }
    for (const request of requests.slice(2))
      expect(await table.claim(request, 'b')).toEqual({ state: 'settled', send: SEND });
    expect(await raw.zcard('carillon:idempotency:over')).toBe(10);
  });

  it('are forgotten when they expire, by Redis itself where nobody sweeps', async () => {
    const table = process();
    const [swept, left] = [keyRequest({ expiresAt: Date.now() + 200 }), keyRequest()];
    for (const request of [swept, left]) {
      await table.claim(request, 'a');
      await table.settle(request, 'a', SEND);
    }
    await eventually(async () => expect(await raw.exists(`carillon:idempotency:key:${swept.key}`)).toBe(0));
    expect(await table.sweep(100)).toBe(false);
    expect(await raw.zrange('carillon:idempotency:over', '0', '-1')).toEqual([left.key]);
    expect(await table.claim(swept, 'b')).toEqual({ state: 'claimed' });
  });

  it('survive what another hand wrote under their names', async () => {
    const table = process();
    const [foreign, damaged] = [keyRequest(), keyRequest()];
    await raw.rpush(`carillon:idempotency:key:${foreign.key}`, 'x');
    expect(await table.claim(foreign, 'a')).toEqual({ state: 'claimed' });
    await raw.del(`carillon:idempotency:key:${foreign.key}`);
    await raw.rpush(`carillon:idempotency:key:${foreign.key}`, 'x');
    await table.settle(foreign, 'a', SEND);
    expect(await table.claim(foreign, 'b')).toEqual({ state: 'settled', send: SEND });
    await table.claim(damaged, 'a');
    await table.settle(damaged, 'a', SEND);
    await raw.hset(`carillon:idempotency:key:${damaged.key}`, 'a', '{"at":');
    expect(await table.claim(damaged, 'b')).toEqual({ state: 'unknown' });
  });

  it('are counted rightly after any steps in any order', async () => {
    const tables = [process(60_000, 15), process(60_000, 15), process(1, 15)];
    const keys = Array.from({ length: 25 }, () => keyRequest());
    const draw = (n: number) => Math.floor(Math.random() * n);
    const steps = Array.from({ length: 1500 }, async () => {
      const table = tables[draw(3)]!;
      const ttl = [1, 30, 60_000][draw(3)]!;
      const request = { ...keys[draw(25)]!, expiresAt: Date.now() + ttl };
      const token = `${draw(2)}`;
      switch (draw(7)) {
        case 0:
          return table.settle(request, token, SEND);
        case 1:
          return table.abandon(request, token);
        case 2:
          return table.release(request.key, token);
        case 3:
          return table.sweep(5);
        default:
          return table.claim(request, token);
      }
    });
    await Promise.all(steps);
    expect(await inconsistencies(raw)).toEqual([]);
  });
});
