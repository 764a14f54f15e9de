import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { describeLeaderLease } from '../../contracts/leader-lease.contract.js';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startedRedis } from '../../support/servers/index.js';
import { Leases } from './open-lease.js';

describeWithServers(['redis'], 'on Redis', () => {
  const all: Leases[] = [];
  afterEach(async () => {
    await Promise.all(all.splice(0).map((leases) => leases.close()));
  });
  const started = async (ttlMs?: number) => {
    const leases = new Leases((await startedRedis()).url, ttlMs);
    all.push(leases);
    return leases;
  };

  describeLeaderLease('redis', async () => {
    const leases = await started();
    return { ttlMs: leases.ttlMs, open: () => leases.open() };
  });

  describeWithServers(['redis'], 'its keys', () => {
    let leases: Leases;
    beforeEach(async () => {
      leases = await started();
    });
    const won = async () => {
      const one = await leases.candidate();
      const term = await eventually(() => {
        expect(one.lease.term).not.toBeNull();
        return one.lease.term!;
      });
      return { ...one, term };
    };

    it('are a plain string that ends by itself, and what is known of its terms', async () => {
      const { lease, term } = await won();
      expect(await leases.redis.get(leases.key)).toBe(lease.holder);
      const left = await leases.redis.pttl(leases.key);
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(leases.ttlMs);
      expect(await leases.redis.hgetall(leases.termKey)).toMatchObject({
        number: String(term.number),
        holder: lease.holder,
        since: String(term.since),
      });
    });

    it('are told of on a release', async () => {
      const { lease } = await won();
      const subscriber = leases.redis.duplicate();
      const told: string[] = [];
      await subscriber.subscribe(`${leases.key}:released`);
      subscriber.on('message', (_, payload) => told.push(payload));
      await lease.resign(1000);
      await eventually(() => expect(told).toEqual([lease.holder]));
      expect(await leases.redis.exists(leases.key)).toBe(0);
      subscriber.disconnect();
    });

    it('give a term above the last, even above the server’s clock', async () => {
      const future = Date.now() + 3_600_000;
      await leases.redis.hset(leases.termKey, 'number', future);
      expect((await won()).term.number).toBe(future + 1);
    });

    it('are first given away when the server has known of them for as long as a lease lasts', async () => {
      const before = performance.now();
      const first = await won();
      expect(performance.now() - before).toBeGreaterThanOrEqual(leases.ttlMs);
      expect(leases.said.join('\n')).toMatch(/^30 It is not known yet who had the lease/);
      expect(leases.said.filter((line) => line.includes('not known yet'))).toHaveLength(1);
      await first.lease.resign(1000);
      const again = performance.now();
      await won();
      expect(performance.now() - again).toBeLessThan(leases.ttlMs);
    });

    it('are freed also when there is no time left for that', async () => {
      const { lease } = await won();
      await lease.close(0);
      expect(await leases.redis.exists(leases.key)).toBe(0);
    });

    it('are respected when another program holds them', async () => {
      await leases.redis.set(leases.key, 'go-producer', 'PX', 1500);
      const { lease, terms } = await leases.candidate();
      await delay(1000);
      expect(terms).toEqual([]);
      expect(await lease.look()).toMatchObject({ holder: 'go-producer', term: null, since: null });
      await eventually(() => expect(terms).toHaveLength(1));
      expect(leases.said.filter((line) => line.includes('Standing by'))).toHaveLength(1);
    });

    it('wait for a person when their holder wrote them without an end', async () => {
      await leases.redis.set(leases.key, 'died-between-setnx-and-expire');
      const { lease, terms } = await leases.candidate();
      await eventually(() => expect(lease.trouble).toMatchObject({ code: 'LEASE_UNAVAILABLE' }));
      expect(lease.trouble!.message).toContain('LEADER_KEY');
      expect(await lease.look()).toMatchObject({ leftMs: null });
      await delay(2 * leases.ttlMs);
      expect(terms).toEqual([]);
      expect(leases.said.filter((line) => line.startsWith('40 '))).toHaveLength(1);
      await leases.redis.del(leases.key);
      await eventually(() => expect(terms).toHaveLength(1));
      expect(lease.trouble).toBeNull();
    });

    it('come back when they were deleted or flushed: the term goes on, and nobody takes it', async () => {
      const { lease, terms, term } = await won();
      const other = await leases.candidate();
      for (const keys of [[leases.key], [leases.key, leases.termKey]]) {
        await leases.redis.del(...keys);
        const fresh = await leases.candidate();
        const until = performance.now() + 2 * leases.ttlMs;
        while (performance.now() < until) {
          const numbers = [lease, other.lease, fresh.lease].map((one) => one.term?.number);
          expect(numbers).toEqual([term.number, undefined, undefined]);
          await delay(5);
        }
        expect(await leases.redis.get(leases.key)).toBe(lease.holder);
        expect(await leases.redis.hget(leases.termKey, 'number')).toBe(String(term.number));
      }
      expect(terms).toHaveLength(1);
    });

    it('end the term when somebody else has taken them, and are not taken back', async () => {
      const { lease, term } = await won();
      await leases.redis.set(leases.key, 'thief', 'PX', 5000);
      await eventually(() => expect(term.lost.aborted).toBe(true));
      expect(term.lost.reason).toMatchObject({ code: 'LEASE_LOST' });
      expect(lease.term).toBeNull();
      expect(await leases.redis.get(leases.key)).toBe('thief');
    });

    it('of another type are an error, and no end', async () => {
      await leases.redis.rpush(leases.key, 'x');
      const { lease, terms } = await leases.candidate();
      await eventually(() => expect(lease.trouble).toMatchObject({ code: 'LEASE_UNAVAILABLE' }));
      await expect(lease.look()).rejects.toMatchObject({ code: 'LEASE_UNAVAILABLE' });
      await leases.redis.del(leases.key);
      await eventually(() => expect(terms).toHaveLength(1));
      expect(lease.trouble).toBeNull();
    });

    it('outlive a damaged memory of their terms', async () => {
      const { term } = await won();
      await leases.redis.hset(leases.termKey, 'number', 'x', 'settled', 'y', 'server', 'z');
      await delay(2 * leases.ttlMs);
      expect(term.lost.aborted).toBe(false);
      expect(await leases.redis.hget(leases.termKey, 'number')).toBe(String(term.number));
    });

    it('cost the term when the memory of terms is of another type, until a person deletes it', async () => {
      const registry = new Registry();
      const { lease, terms } = await leases.candidate(registry);
      await eventually(() => expect(terms).toHaveLength(1));
      await leases.redis.set(leases.termKey, 'x');
      await eventually(() => expect(terms[0]!.lost.aborted).toBe(true));
      expect(lease.trouble).toMatchObject({ code: 'LEASE_UNAVAILABLE' });
      const failures = /carillon_leader_renewal_failures_total (\d+)/;
      expect(Number(failures.exec(await registry.metrics())?.[1])).toBeGreaterThan(0);
      await leases.redis.del(leases.termKey);
      await eventually(() => expect(terms).toHaveLength(2));
      expect(terms[1]!.number).toBeGreaterThan(terms[0]!.number);
    });

    it('are the same after SCRIPT FLUSH', async () => {
      const { term } = await won();
      await leases.redis.script('FLUSH');
      await delay(2 * leases.ttlMs);
      expect(term.lost.aborted).toBe(false);
    });
  });
});
