import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LeaseServer } from '../../../src/drivers/redis/lease-server.js';
import { RedisLink } from '../../../src/drivers/redis/redis-link.js';
import { redisVariables } from '../../../src/drivers/redis/redis.variables.js';
import { driverContext } from '../../support/driver-context.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manual-clock.js';
import { describeWithServers, startPrivateRedis, type RedisServer } from '../../support/servers/index.js';
import { faults, Watch } from './lease-intervals.js';
import { Leases } from './open-lease.js';

describeWithServers(['redis-private'], 'the lease, when Redis is in trouble', () => {
  let server: RedisServer;
  let leases: Leases;
  const begin = async (config?: Record<string, string>, ttlMs = 600) => {
    server = await startPrivateRedis({ config });
    leases = new Leases(server.url, ttlMs);
  };
  afterEach(async () => {
    await leases.close();
    await server.release();
  });
  const won = async () => {
    const one = await leases.candidate();
    await eventually(() => expect(one.lease.term).not.toBeNull());
    return { ...one, term: one.lease.term! };
  };
  /** The two hold nothing together meanwhile. */
  const watched = async (holders: Leases, during: () => Promise<void>) => {
    const others = await Promise.all([1, 2, 3].map(() => holders.candidate()));
    const watch = new Watch(others.map(({ lease }) => lease));
    await eventually(() => expect(watch.intervals).toHaveLength(1));
    await during();
    await watch.stop();
    expect(faults(watch.intervals)).toEqual([]);
    return watch.intervals;
  };

  describe('which', () => {
    beforeEach(() => begin());

    it('hangs for longer than a lease: nobody leads, then somebody in a higher term', async () => {
      const { lease, terms, term } = await won();
      await server.pause();
      await eventually(() => expect(lease.term).toBeNull());
      expect(term.lost.aborted).toBe(true);
      await delay(leases.ttlMs);
      await server.resume();
      await eventually(() => expect(terms).toHaveLength(2));
      expect(terms[1]!.number).toBeGreaterThan(terms[0]!.number);
    });

    it('dies and comes back empty at once: never two, and numbers rise', async () => {
      await watched(leases, async () => {
        for (let round = 0; round < 4; round += 1) {
          await server.kill();
          await server.start();
          await delay(leases.ttlMs * Math.random() * 3);
        }
      });
    });

    it('dies and comes back empty: who starts then does not lead beside who believes', async () => {
      const { lease, term } = await won();
      await server.kill();
      await server.start();
      const fresh = await leases.candidate();
      const watch = new Watch([lease, fresh.lease]);
      await delay(3 * leases.ttlMs);
      await watch.stop();
      expect(faults(watch.intervals)).toEqual([]);
      expect(watch.intervals.length).toBeGreaterThan(0);
      for (const { number } of watch.intervals) expect(number).toBeGreaterThanOrEqual(term.number);
    });

    it('forgets everything (FLUSHALL): the term goes on', async () => {
      const { lease, term } = await won();
      await server.cli(['flushall']);
      const fresh = await leases.candidate();
      const until = performance.now() + 2 * leases.ttlMs;
      while (performance.now() < until) {
        expect([lease.term?.number, fresh.lease.term]).toEqual([term.number, null]);
        await delay(5);
      }
    });

    it('is away at a stop: that does not wait longer than the lease lasts', async () => {
      const { lease } = await won();
      await server.kill();
      const before = performance.now();
      await lease.close(20_000);
      expect(performance.now() - before).toBeLessThan(leases.ttlMs + 1000);
    });

    it('was away all the time at a stop: who never led does not wait', async () => {
      await leases.close();
      await server.kill();
      leases = new Leases(server.url, 20_000);
      const { lease } = await leases.candidate();
      await delay(500);
      const before = performance.now();
      await lease.close(20_000);
      expect(performance.now() - before).toBeLessThan(5000);
    });

    it('is away at the start: it leads when Redis is there', async () => {
      await server.kill();
      const { lease, terms } = await leases.candidate();
      await delay(200);
      expect(lease.term).toBeNull();
      await expect(lease.ping()).rejects.toMatchObject({ code: 'LEASE_UNAVAILABLE', retryable: true });
      await expect(lease.look()).rejects.toMatchObject({ code: 'LEASE_UNAVAILABLE' });
      expect(lease.trouble).toMatchObject({ code: 'LEASE_UNAVAILABLE' });
      await server.start();
      await eventually(() => expect(terms).toHaveLength(1));
      await expect(lease.ping()).resolves.toBeUndefined();
      expect(lease.trouble).toBeNull();
    });

    it('has no memory left: the term goes on', async () => {
      const { lease, term } = await won();
      await server.cli(['config', 'set', 'maxmemory', '1']);
      await delay(3 * leases.ttlMs);
      expect(lease.term?.number).toBe(term.number);
      const other = await leases.candidate();
      await lease.resign(1000);
      await eventually(() => expect(other.lease.trouble).toMatchObject({ code: 'STORAGE_FULL' }));
      await server.cli(['config', 'set', 'maxmemory', '0']);
      await eventually(() => expect(other.terms).toHaveLength(1));
    });
  });

  it('which ends every connection: the term goes on', async () => {
    await begin({}, 3000);
    const intervals = await watched(leases, async () => {
      for (let round = 0; round < 6; round += 1) {
        await server.cli(['client', 'kill', 'type', 'normal']);
        await server.cli(['client', 'kill', 'type', 'pubsub']);
        await delay(1000);
      }
    });
    expect(intervals).toHaveLength(1);
  });

  it('which comes back with an old memory: never two', async () => {
    await begin({ appendonly: 'no', dbfilename: 'dump.rdb' }, 800);
    await watched(leases, async () => {
      // What is saved is a lease of one who has resigned since.
      await server.cli(['save']);
      for (let round = 0; round < 3; round += 1) {
        await server.kill();
        await server.start();
        await delay(leases.ttlMs * Math.random() * 3);
      }
    });
  });

  it('in random trouble: never two, and numbers rise', async () => {
    await begin({ 'enable-debug-command': 'yes' });
    const candidates = await Promise.all(Array.from({ length: 6 }, () => leases.candidate()));
    const watch = new Watch(candidates.map(({ lease }) => lease));
    const cli = (...args: string[]) => server.cli(args).catch(() => '');
    const troubles: (() => Promise<unknown>)[] = [
      () => cli('client', 'kill', 'type', 'normal'),
      () => cli('client', 'kill', 'type', 'pubsub'),
      () => cli('debug', 'sleep', String(Math.random() * 1.2)),
      () => cli('flushall'),
      () => cli('script', 'flush'),
      () => cli('del', leases.key),
      () => server.kill().then(() => server.start()),
      async () => {
        await server.pause();
        await delay(Math.random() * 1500);
        await server.resume();
      },
      () => delay(2 * leases.ttlMs),
    ];
    const until = performance.now() + 20_000;
    const done: string[] = [];
    while (performance.now() < until) {
      const trouble = troubles[Math.floor(Math.random() * troubles.length)]!;
      done.push(`${Math.round(performance.now())} ${String(trouble)}`);
      await trouble();
      await delay(Math.random() * 400);
    }
    await watch.stop();
    const found = faults(watch.intervals);
    if (found.length > 0) throw new Error(JSON.stringify({ found, done }, null, 1));
    await eventually(() => expect(candidates.filter(({ lease }) => lease.term)).toHaveLength(1));
  }, 60_000);

  it('whose clock is set ahead: nobody takes a lease that ended by that before its time', async () => {
    await begin();
    const link = await RedisLink.open(redisVariables.parse({ REDIS_URL: server.url }), await driverContext());
    const settings = { key: leases.key, ttlMs: 500 };
    const clock = new ManualClock(0);
    const lease = new LeaseServer(link, settings, 'standby', clock);
    expect(await lease.take()).toMatchObject({ state: 'unsettled' });
    await delay(510);
    // Redis has seen 510 ms go by, and the candidate none: to it that is a clock set ahead.
    expect(await lease.take()).toMatchObject({ state: 'unsettled', endsMs: expect.any(Number) });
    clock.stall(510);
    await delay(510);
    expect(await lease.take()).toMatchObject({ state: 'taken' });
    await link.release(100);
  });

  it('whose clock was set ahead before a candidate starts: it does not lead beside who believes', async () => {
    await begin({}, 1500);
    const { lease } = await won();
    // What a clock does that is set ahead: the lease ends, by its memory, too.
    await leases.redis.multi().del(leases.key).hset(leases.termKey, 'end', '1').exec();
    const fresh = await leases.candidate();
    const watch = new Watch([lease, fresh.lease]);
    await delay(2 * leases.ttlMs);
    await watch.stop();
    expect(faults(watch.intervals)).toEqual([]);
    expect(watch.intervals).toHaveLength(1);
  });

  it('whose clock may have been set ahead: who starts waits for a lease’s time, but not after a resignation', async () => {
    await begin();
    const link = await RedisLink.open(redisVariables.parse({ REDIS_URL: server.url }), await driverContext());
    const clock = new ManualClock(0);
    const candidate = (name: string) => new LeaseServer(link, { key: leases.key, ttlMs: 500 }, name, clock);
    const first = candidate('first');
    await first.take();
    clock.stall(510);
    await delay(510);
    expect(await first.take()).toMatchObject({ state: 'taken' });
    await leases.redis.multi().del(leases.key).hset(leases.termKey, 'end', '1').exec();
    const second = candidate('second');
    const memory = await leases.redis.hgetall(leases.termKey);
    expect(await second.take()).toEqual({ state: 'unsettled', endsMs: 500 });
    clock.stall(200);
    expect(await second.take()).toEqual({ state: 'unsettled', endsMs: 300 });
    expect(await leases.redis.hgetall(leases.termKey)).toEqual(memory);
    clock.stall(300);
    expect(await second.take()).toMatchObject({ state: 'taken' });
    await second.release();
    expect(await candidate('third').take()).toMatchObject({ state: 'taken' });
    await link.release(100);
  });
});
