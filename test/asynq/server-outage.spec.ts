import { setTimeout as delay } from 'node:timers/promises';
import { queueKeys } from '../../src/asynq/keys.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers, startPrivateRedis, type RedisServer } from '../support/servers/index.js';
import type { Handler } from '../../src/asynq/server/options.js';
import { Held, openBench, type Bench } from './server-support.js';

const done: Handler = () => Promise.resolve({ kind: 'done' });

describeWithServers(['redis-private'], 'an Asynq server whose Redis fails', () => {
  let server: RedisServer;
  let bench: Bench;

  beforeAll(async () => {
    server = await startPrivateRedis();
  });

  afterAll(() => server.release());

  beforeEach(() => {
    bench = openBench(server.url);
  });

  afterEach(() => bench.close());

  const settledIds = () => bench.told.settled.filter(({ outcome }) => outcome === 'done').map(({ id }) => id);

  it('lives while Redis is away and comes back empty', async () => {
    bench.serve(done);
    await bench.enqueue(['a']);
    await eventually(() => expect(settledIds()).toEqual(['a']));
    await server.kill();
    await eventually(() => {
      const activities = new Set(bench.told.failures.map(({ activity }) => activity));
      expect([...activities]).toEqual(expect.arrayContaining(['fetch', 'forward', 'clean']));
    });
    await server.start();
    await eventually(() => bench.enqueue(['b']));
    await eventually(() => expect(settledIds()).toEqual(['a', 'b']));
  });

  it('lives with forgotten scripts', async () => {
    bench.serve(done);
    await bench.enqueue(['a']);
    await eventually(() => expect(settledIds()).toEqual(['a']));
    await bench.redis.script('FLUSH');
    await bench.enqueue(['b']);
    await eventually(() => expect(settledIds()).toEqual(['a', 'b']));
    expect(bench.told.failures.filter(({ error }) => error.message.includes('NOSCRIPT'))).toEqual([]);
  });

  it('works a full Redis empty, and keeps its leases meanwhile', async () => {
    const held = new Held();
    await bench.enqueue(['a', 'b', 'c'], { retentionMs: 60_000 });
    await bench.redis.config('SET', 'maxmemory', '1');
    try {
      await expect(bench.enqueue(['d'])).rejects.toThrow(/OOM/);
      bench.serve(held.handler, { concurrency: 2, times: { leaseMs: 1_000, heartbeatMs: 100, pollMs: 50 } });
      await eventually(() => expect(held.begun).toEqual(['a', 'b']));
      const lease = Number(await bench.redis.zscore(bench.keys.lease, 'a'));
      await eventually(async () => {
        expect(Number(await bench.redis.zscore(bench.keys.lease, 'a'))).toBeGreaterThan(lease);
      });
      held.releaseAll();
      await eventually(() => expect(held.begun).toHaveLength(3));
      held.releaseAll();
      await eventually(() => expect(settledIds().sort()).toEqual(['a', 'b', 'c']));
      expect(await bench.field('a', 'state')).toBe('completed');
    } finally {
      await bench.redis.config('SET', 'maxmemory', '0');
    }
  });

  it('writes the verdicts of a read-only time when it is over', async () => {
    const held = new Held();
    await bench.enqueue(['a']);
    bench.serve(held.handler);
    await eventually(() => expect(held.begun).toEqual(['a']));
    await bench.redis.config('SET', 'replica-serve-stale-data', 'yes');
    await bench.redis.replicaof('127.0.0.1', '1');
    try {
      held.release('a');
      await eventually(() => {
        const of = bench.told.failures.filter(({ activity }) => activity === 'finish');
        expect(of.map(({ error }) => error.message).join()).toMatch(/READONLY/);
      });
    } finally {
      await bench.redis.replicaof('NO', 'ONE');
    }
    await eventually(() => expect(settledIds()).toEqual(['a']));
    expect(await bench.redis.exists(bench.keys.active)).toBe(0);
  });

  it('says that it cannot take tasks of a read-only Redis, and looks less and less often', async () => {
    await bench.enqueue(['a']);
    await bench.redis.replicaof('127.0.0.1', '1');
    const failures = () => bench.told.failures.filter(({ activity }) => activity === 'fetch');
    try {
      const running = bench.serve(done, { times: { pollMs: 2_000 } });
      await eventually(() => expect(failures().length).toBeGreaterThan(2));
      expect(String(running.trouble)).toMatch(/READONLY/);
      await delay(1_000);
      expect(failures().length).toBeLessThan(8);
      expect(bench.told.worked).not.toContain('fetch');
    } finally {
      await bench.redis.replicaof('NO', 'ONE');
    }
    await eventually(() => expect(settledIds()).toEqual(['a']));
  });

  it('recovers tasks of a full Redis, also beside an active one that has no lease', async () => {
    await bench.enqueue(['ended', 'bare']);
    await bench.redis.rename(bench.keys.pending, bench.keys.active);
    await bench.redis.zadd(bench.keys.lease, 1, 'ended');
    await bench.enqueue(['z'], { queue: `${bench.queue}-2` });
    const second = queueKeys(`${bench.queue}-2`);
    await bench.redis.rename(second.pending, second.active);
    await bench.redis.zadd(second.lease, 1, 'z');
    await bench.redis.config('SET', 'maxmemory', '1');
    try {
      const queues = { [bench.queue]: 1, [`${bench.queue}-2`]: 1 };
      bench.serve(done, { queues, times: { recoverMs: 100, recoverAfterMs: 0 }, retryDelayMs: () => 0 });
      const recovered = () => bench.told.settled.filter(({ isRecovered }) => isRecovered);
      await eventually(() =>
        expect(
          recovered()
            .map(({ id }) => id)
            .sort(),
        ).toEqual(['ended', 'z']),
      );
    } finally {
      await bench.redis.config('SET', 'maxmemory', '0');
    }
    await eventually(async () => expect(await bench.redis.zscore(bench.keys.lease, 'bare')).not.toBeNull());
  });

  it('loses nothing while its connections are cut again and again', async () => {
    const ids = Array.from({ length: 3_000 }, (_, i) => `c${i}`);
    await bench.enqueue(ids);
    const runs = new Map<string, number>();
    const handler: Handler = async ({ id }) => {
      runs.set(id, (runs.get(id) ?? 0) + 1);
      await delay(50);
      return { kind: 'done' };
    };
    bench.serve(handler, { concurrency: 50, times: { pollMs: 50 } });
    for (let cuts = 0; cuts < 10; cuts += 1) {
      await delay(200);
      await server.cli(['client', 'kill', 'type', 'normal']);
    }
    expect(runs.size).toBeLessThan(3_000); // all cuts fell into the work
    await eventually(async () => {
      expect(await bench.redis.exists(bench.keys.pending, bench.keys.active, bench.keys.lease)).toBe(0);
    }, 30_000);
    expect(runs.size).toBe(3_000);
    expect(bench.told.failures).not.toHaveLength(0);
    // The answer to the last of them may still be on its way.
    await eventually(() => expect(new Set(settledIds()).size).toBe(3_000));
    expect(Number(await bench.redis.get(bench.keys.processed))).toBe(3_000);
  }, 70_000);

  it('ends in time although Redis does not answer', async () => {
    const held = new Held();
    await bench.enqueue(['a']);
    const running = bench.serve(held.handler);
    await eventually(() => expect(held.begun).toEqual(['a']));
    await server.pause();
    try {
      const begun = performance.now();
      expect(await running.stop(1_000)).toBe(1);
      expect(performance.now() - begun).toBeLessThan(5_000);
    } finally {
      await server.resume();
    }
    held.release('a');
  });
});
