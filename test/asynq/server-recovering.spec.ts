import { setTimeout as delay } from 'node:timers/promises';
import { decodeMessage } from '../../src/asynq/codec.js';
import { queueKeys } from '../../src/asynq/keys.js';
import { systemClock } from '../../src/core/clock.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers, startedRedis } from '../support/servers/index.js';
import { Held, openBench, unanswered, type Bench } from './server-support.js';

/** Looks for ended leases all the time, and does not wait for other clocks. */
const RECOVERING = { recoverMs: 100, recoverAfterMs: 0, forwardMs: 100, pollMs: 50 };
const NEVER = 600_000;

describeWithServers(['redis'], 'an Asynq server and leases', () => {
  let bench: Bench;

  beforeEach(async () => {
    bench = openBench((await startedRedis()).url);
  });

  afterEach(() => bench.close());

  it('keeps the lease of a long task by its heartbeats', async () => {
    const held = new Held();
    await bench.enqueue(['a']);
    bench.serve(held.handler, { times: { leaseMs: 1_000, heartbeatMs: 200 } });
    await eventually(() => expect(held.begun).toEqual(['a']));
    bench.serve(held.handler, { times: RECOVERING });
    await delay(2_500); // two leases and a half
    held.release('a');
    await eventually(() => expect(bench.told.settled).toHaveLength(1));
    expect(held.begun).toEqual(['a']);
    expect(bench.told.settled[0]).toMatchObject({ outcome: 'done', isRecovered: false });
  });

  it('hands a task out again when its worker let the lease run out, whose verdict is not written', async () => {
    const [lost, found] = [new Held(), new Held()];
    await bench.enqueue(['a']);
    bench.serve(lost.handler, { times: { leaseMs: 1_000, heartbeatMs: NEVER, recoverMs: NEVER } });
    await eventually(() => expect(lost.begun).toEqual(['a']));
    const options = { times: RECOVERING, retryDelayMs: () => 0 };
    bench.serve(found.handler, options);
    await eventually(() => expect(found.begun).toEqual(['a']));
    const message = decodeMessage((await bench.redis.hgetBuffer(`${bench.keys.taskPrefix}a`, 'msg'))!);
    expect(message).toMatchObject({ retried: 1, errorMsg: 'asynq: task lease expired' });
    lost.release('a');
    await eventually(() => expect(bench.told.settled.map(({ outcome }) => outcome)).toContain('lost'));
    expect(await bench.field('a', 'state')).toBe('active');
    found.release('a');
    await eventually(() => expect(bench.told.settled.at(-1)).toMatchObject({ outcome: 'done' }));
    expect(await bench.redis.mget(bench.keys.processed, bench.keys.failed)).toEqual(['2', '1']);
  });

  it('writes nothing over another worker’s lease, even if its own clock stood still', async () => {
    const [lost, found] = [new Held(), new Held()];
    await bench.enqueue(['a'], { retentionMs: 60_000 });
    const clock = { ...systemClock, monotonic: () => 0 };
    bench.serve(lost.handler, { clock, times: { leaseMs: 1_000, heartbeatMs: NEVER, recoverMs: NEVER } });
    await eventually(() => expect(lost.begun).toEqual(['a']));
    bench.serve(found.handler, { times: RECOVERING, retryDelayMs: () => 0 });
    await eventually(() => expect(found.begun).toEqual(['a']));
    lost.release('a');
    await eventually(() => expect(bench.told.settled.map(({ outcome }) => outcome)).toContain('lost'));
    expect(await bench.field('a', 'state')).toBe('active');
    expect(await bench.redis.lrange(bench.keys.active, 0, -1)).toEqual(['a']);
    expect(await bench.redis.exists(bench.keys.completed)).toBe(0);
    found.release('a');
    await eventually(async () => expect(await bench.field('a', 'state')).toBe('completed'));
  });

  it('aborts a handler whose lease somebody else has', async () => {
    const held = new Held();
    await bench.enqueue(['a']);
    bench.serve(held.handler, { times: { heartbeatMs: 100 } });
    await eventually(() => expect(held.begun).toEqual(['a']));
    await bench.redis.zadd(bench.keys.lease, Math.floor(Date.now() / 1000) + 30, 'a'); // as a worker of Asynq would
    await eventually(() => expect(held.aborted).toEqual(['a']));
    expect(bench.told.settled).toMatchObject([{ outcome: 'lost' }]);
    expect(await bench.field('a', 'state')).toBe('active');
    held.release('a');
  });

  it('archives what was lost once too often', async () => {
    await bench.enqueue(['a'], { maxRetries: 0 });
    bench.serve(new Held().handler, { times: { leaseMs: 1_000, heartbeatMs: NEVER, recoverMs: NEVER } });
    await eventually(async () => expect(await bench.field('a', 'state')).toBe('active'));
    bench.serve(new Held().handler, { times: RECOVERING });
    await eventually(async () => expect(await bench.field('a', 'state')).toBe('archived'));
    expect(await bench.redis.exists(bench.keys.active, bench.keys.lease)).toBe(0);
  });

  it('recovers an active task that has no lease at all, and drops what is no task', async () => {
    await bench.enqueue(['a']);
    await bench.redis.lmove(bench.keys.pending, bench.keys.active, 'RIGHT', 'LEFT');
    const long = Math.floor(Date.now() / 1000) - 600;
    await bench.redis.lpush(bench.keys.active, 'ghost', 'foreign');
    await bench.redis.zadd(bench.keys.lease, long, 'ghost', long, 'foreign', long, 'nowhere');
    await bench.redis.set(`${bench.keys.taskPrefix}foreign`, 'not ours');
    const times = { ...RECOVERING, leaseMs: 1_000 };
    bench.serve(() => Promise.resolve({ kind: 'done' }), { times, retryDelayMs: () => 0 });
    await eventually(() => expect(bench.told.settled.at(-1)).toMatchObject({ id: 'a', outcome: 'done' }));
    expect(bench.told.damaged.map(({ id }) => id).sort()).toEqual(['foreign', 'ghost', 'nowhere']);
    expect(await bench.redis.exists(bench.keys.active, bench.keys.lease)).toBe(0);
    expect(await bench.redis.get(`${bench.keys.taskPrefix}foreign`)).toBe('not ours');
  });

  it('takes tasks again whose dequeue was never answered, without waiting for their leases', async () => {
    await bench.enqueue(['a', 'b', 'c']);
    bench.serve(() => Promise.resolve({ kind: 'done' }), { redis: unanswered(bench.redis, isBatch) });
    await eventually(() => expect(bench.told.settled).toHaveLength(3));
    expect(bench.told.failures).toMatchObject([{ activity: 'fetch' }]);
    expect(bench.told.settled.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done']);
    expect(await bench.redis.mget(bench.keys.processed, bench.keys.failed)).toEqual(['3', null]);
  });

  it('puts them back also when it is stopped before the next look', async () => {
    await bench.enqueue(['a', 'b', 'c']);
    let stopped: Promise<number> | undefined;
    const onFailure = () => void (stopped ??= server.stop(1_000));
    const server = bench.serve(new Held().handler, {
      redis: unanswered(bench.redis, isBatch),
      hooks: { onFailure },
    });
    await eventually(() => expect(stopped).toBeDefined());
    await stopped;
    expect((await bench.redis.lrange(bench.keys.pending, 0, -1)).sort()).toEqual(['a', 'b', 'c']);
    expect(await bench.redis.exists(bench.keys.active, bench.keys.lease)).toBe(0);
  });

  it('puts them back although a key of another queue is of another type', async () => {
    const broken = queueKeys(`${bench.queue}-broken`);
    await bench.redis.set(broken.lease, 'not ours');
    await bench.enqueue(['a', 'b']);
    bench.serve(() => Promise.resolve({ kind: 'done' }), {
      redis: unanswered(bench.redis, isBatch),
      queues: { [`${bench.queue}-broken`]: 5, [bench.queue]: 1 },
    });
    await eventually(() => expect(bench.told.settled).toHaveLength(2));
  });

  it('recovers at once all that is to be recovered, also beside what is damaged', async () => {
    const ids = Array.from({ length: 120 }, (_, i) => `t${i}`);
    await bench.enqueue(ids);
    await bench.redis.rename(bench.keys.pending, bench.keys.active);
    await bench.redis.zadd(bench.keys.lease, ...ids.flatMap((id) => [2, id]));
    await bench.redis.zadd(bench.keys.lease, ...ids.slice(0, 40).flatMap((_, i) => [1, `ghost${i}`]));
    bench.serve(new Held().handler, { times: { recoverMs: NEVER, forwardMs: NEVER } });
    await eventually(() => expect(bench.told.settled.filter((each) => each.isRecovered)).toHaveLength(120));
  });

  it('runs a task whose id lies there twice only once at a time', async () => {
    const held = new Held();
    await bench.enqueue(['a', 'b']);
    await bench.redis.lpush(bench.keys.pending, 'a', 'b', 'b');
    const server = bench.serve(held.handler, { concurrency: 3 });
    await eventually(async () => expect(await bench.redis.exists(bench.keys.pending)).toBe(0));
    await eventually(() => expect(bench.told.damaged.map(({ id }) => id).sort()).toEqual(['a', 'b', 'b']));
    expect([held.begun, server.inHand]).toEqual([['a', 'b'], 2]);
    held.releaseAll();
    await eventually(() => expect(bench.told.settled).toHaveLength(2));
  });
});

/** The answer of a dequeue that took something. */
function isBatch(answer: unknown): boolean {
  return Array.isArray(answer) && Array.isArray(answer[0]) && answer[0].length > 0;
}
