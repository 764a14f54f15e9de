import { setTimeout as delay } from 'node:timers/promises';
import { queueKeys, type QueueKeys } from '../../src/asynq/keys.js';
import type { Handler } from '../../src/asynq/server/options.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers, startedRedis } from '../support/servers/index.js';
import { Held, openBench, type Bench } from './server-support.js';

const done: Handler = () => Promise.resolve({ kind: 'done' });
const QUICK = { pollMs: 50, forwardMs: 100, cleanMs: 100, recoverMs: 100 };

describeWithServers(['redis'], 'an Asynq server of two queues, one with a key of another type', () => {
  let bench: Bench;
  let bad: string;
  let broken: QueueKeys;

  beforeEach(async () => {
    bench = openBench((await startedRedis()).url);
    bad = `${bench.queue}-broken`;
    broken = queueKeys(bad);
  });

  afterEach(() => bench.close());

  const queues = () => ({ [bench.queue]: 1, [bad]: 5 });
  const activities = () => new Set(bench.told.failures.map(({ activity }) => activity));

  it('keeps the leases of the other queue, and gives up only what it cannot extend', async () => {
    const held = new Held();
    await bench.enqueue(['good']);
    await bench.enqueue(['bad'], { queue: bad });
    bench.serve(held.handler, {
      queues: queues(),
      times: { ...QUICK, leaseMs: 1_000, heartbeatMs: 100, recoverAfterMs: 0 },
    });
    await eventually(() => expect(held.begun.sort()).toEqual(['bad', 'good']));
    await bench.redis.del(broken.lease);
    await bench.redis.set(broken.lease, 'not ours');
    await eventually(() => expect(held.aborted).toEqual(['bad']));
    await delay(1_500); // a lease and a half
    expect(activities()).toContain('heartbeat');
    expect([held.begun.sort(), held.aborted]).toEqual([['bad', 'good'], ['bad']]);
    held.releaseAll();
    await eventually(() =>
      expect(bench.told.settled).toContainEqual(expect.objectContaining({ id: 'good', outcome: 'done' })),
    );
  });

  it('does not say between two failures of an activity that it works', async () => {
    for (const name of ['pending', 'scheduled', 'completed', 'lease'] as const)
      await bench.redis.set(broken[name], 'not ours');
    const server = bench.serve(done, { queues: queues(), times: QUICK });
    const looping = ['clean', 'fetch', 'forward', 'recover'] as const;
    await eventually(() => expect([...activities()].sort()).toEqual(looping));
    await eventually(() => expect(bench.told.failures.length).toBeGreaterThan(20));
    expect(bench.told.worked.filter((activity) => activity !== 'heartbeat')).toEqual([]);
    expect(String(server.trouble)).toMatch(/broken: WRONGTYPE/);
    await bench.redis.del(broken.pending, broken.scheduled, broken.completed, broken.lease);
    await eventually(() => expect(bench.told.worked).toEqual(expect.arrayContaining([...looping])));
    expect(server.trouble).toBeNull();
  });

  it('nor that verdicts are written while those of one queue are not', async () => {
    await bench.redis.set(broken.completed, 'not ours');
    await bench.enqueue(['b'], { queue: bad, retentionMs: 60_000 });
    bench.serve(done, { queues: queues() });
    await eventually(() => expect(activities()).toContain('finish'));
    await bench.enqueue(['a1']);
    await eventually(() => expect(bench.told.settled.map(({ id }) => id)).toEqual(['a1']));
    expect(bench.told.worked).not.toContain('finish');
    await bench.redis.del(broken.completed);
    await eventually(() => expect(bench.told.worked).toContain('finish'));
  });

  it('bounds how many damaged tasks it sets aside at once, and tells those that were', async () => {
    const { redis, keys } = bench;
    const ids = Array.from({ length: 60 }, (_, i) => `d${i}`);
    await bench.enqueue(ids);
    for (const id of ids) await redis.hset(keys.taskPrefix + id, 'msg', Buffer.from([10, 200, 1]));
    await redis.set(keys.archived, 'not ours');
    const server = bench.serve(done, { concurrency: 3 });
    await eventually(() => expect(server.inHand).toBe(6));
    await delay(300); // looks in between
    expect([server.inHand, await redis.llen(keys.pending), bench.told.damaged]).toEqual([6, 54, []]);
    await redis.del(keys.archived);
    await eventually(() => expect(bench.told.damaged).toHaveLength(60));
    await eventually(() => expect(server.inHand).toBe(0));
    expect(await redis.zcard(keys.archived)).toBe(60);
  });

  it('waits at its stop for those that it sets aside', async () => {
    const { redis, keys } = bench;
    await bench.enqueue(['d']);
    await redis.hset(`${keys.taskPrefix}d`, 'msg', Buffer.from([10, 200, 1]));
    await redis.set(keys.archived, 'not ours');
    const server = bench.serve(done);
    await eventually(() => expect(activities()).toContain('finish'));
    const stopped = server.stop(8_000);
    await redis.del(keys.archived);
    expect(await stopped).toBe(0);
    expect(bench.told.damaged).toMatchObject([{ id: 'd' }]);
  });

  it('writes a verdict when the active list can be read again, although the task is not in it', async () => {
    const held = new Held();
    await bench.enqueue(['a', 'b']);
    bench.serve(held.handler);
    await eventually(() => expect(held.begun).toEqual(['a', 'b']));
    await bench.redis.del(bench.keys.active);
    await bench.redis.set(bench.keys.active, 'not ours');
    held.releaseAll();
    await eventually(() => expect(activities()).toContain('finish'));
    expect(await bench.redis.zcard(bench.keys.lease)).toBe(2);
    await bench.redis.del(bench.keys.active);
    await eventually(() =>
      expect(bench.told.settled.map(({ outcome }) => outcome)).toEqual(['done', 'done']),
    );
    expect(await bench.redis.exists(`${bench.keys.taskPrefix}a`, bench.keys.lease)).toBe(0);
  });

  it('forgets only what is completed', async () => {
    const { redis, keys } = bench;
    await bench.enqueue(['later'], { processAt: Date.now() + 3_600_000 });
    await redis.set(`${keys.taskPrefix}foreign`, 'not ours');
    await redis.zadd(keys.completed, 1, 'foreign', 1, 'later', 1, 'gone');
    bench.serve(done, { times: QUICK });
    await eventually(async () => expect(await redis.exists(keys.completed)).toBe(0));
    expect(await redis.exists(`${keys.taskPrefix}foreign`, `${keys.taskPrefix}later`)).toBe(2);
    await eventually(() =>
      expect(bench.told.damaged.map(({ id }) => id).sort()).toEqual(['foreign', 'later']),
    );
  });

  it('trims its archive of only what is archived', async () => {
    const { redis, keys } = bench;
    await bench.enqueue(['later'], { processAt: Date.now() + 3_600_000 });
    await redis.set(`${keys.taskPrefix}foreign`, 'not ours');
    await redis.hset(`${keys.taskPrefix}old`, 'state', 'archived');
    await redis.zadd(keys.archived, 1, 'foreign', 1, 'later', 1, 'old');
    await bench.enqueue(['a']);
    bench.serve(() => Promise.resolve({ kind: 'archive', message: 'no' }));
    await eventually(async () => expect(await redis.zrange(keys.archived, '0', '-1')).toEqual(['a']));
    expect(await redis.exists(`${keys.taskPrefix}foreign`, `${keys.taskPrefix}later`)).toBe(2);
    expect(await redis.exists(`${keys.taskPrefix}old`)).toBe(0);
  });

  it('lives with handlers that answer or throw what nobody can read', async () => {
    const strange = [{ kind: 'retry' }, { kind: 'archive', message: 5 }, { kind: 'done', result: {} }, null];
    await bench.enqueue(['0', '1', '2', '3', '4']);
    const handler = ((task) => {
      if (task.id === '4') throw Object.create(null);
      return Promise.resolve(strange[Number(task.id)]);
    }) as Handler;
    const server = bench.serve(handler);
    await eventually(() => expect(bench.told.settled).toHaveLength(5));
    const messages = bench.told.settled.map(({ outcome, message }) => `${outcome}: ${message}`);
    expect(new Set(messages)).toEqual(
      new Set(['retried: the handler answered no verdict', 'retried: something was thrown that has no text']),
    );
    await eventually(() => expect(server.inHand).toBe(0));
  });
});
