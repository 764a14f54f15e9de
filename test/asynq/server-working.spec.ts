import { setTimeout as delay } from 'node:timers/promises';
import { decodeMessage } from '../../src/asynq/codec.js';
import { decodeServerInfo, decodeWorkerInfo } from '../../src/asynq/codec-records.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers, startedRedis } from '../support/servers/index.js';
import { Held, openBench, type Bench } from './server-support.js';

describeWithServers(['redis'], 'an Asynq server at work', () => {
  let bench: Bench;

  beforeEach(async () => {
    bench = openBench((await startedRedis()).url);
  });

  afterEach(() => bench.close());

  it('hands over what a task has, oldest first, and forgets it when it is done', async () => {
    await bench.enqueue(['a', 'b'], { headers: { trace: '1' }, maxRetries: 4, timeoutMs: 60_000 });
    const seen: unknown[] = [];
    bench.serve(({ id, type, payload, queue, headers, retried, maxRetries }) => {
      seen.push({ id, type, payload: String(payload), queue, headers, retried, maxRetries });
      return Promise.resolve({ kind: 'done' });
    });
    await eventually(() => expect(bench.told.settled).toHaveLength(2));
    const both = { type: 'work', payload: '{}', queue: bench.queue, headers: { trace: '1' } };
    expect(seen).toEqual([
      { id: 'a', ...both, retried: 0, maxRetries: 4 },
      { id: 'b', ...both, retried: 0, maxRetries: 4 },
    ]);
    const { taskPrefix, active, lease, pending, processed } = bench.keys;
    expect(await bench.redis.exists(`${taskPrefix}a`, `${taskPrefix}b`, active, lease, pending)).toBe(0);
    expect(await bench.redis.get(processed)).toBe('2');
    const today = new Date().toISOString().slice(0, 10);
    expect(await bench.redis.get(`${processed}:${today}`)).toBe('2');
    expect(await bench.redis.ttl(`${processed}:${today}`)).toBeGreaterThan(89 * 86_400);
  });

  it('wakes at once for a task of our client, however long it rests otherwise', async () => {
    bench.serve(() => Promise.resolve({ kind: 'done' }), { times: { pollMs: 600_000 } });
    await delay(1_000); // its rest is longer than that by now
    await bench.enqueue(['a']);
    await eventually(() => expect(bench.told.settled).toHaveLength(1), 2_000);
  });

  it('takes no more than its free places, and goes on when one is free', async () => {
    const held = new Held();
    await bench.enqueue(['a', 'b', 'c', 'd', 'e']);
    const server = bench.serve(held.handler, { concurrency: 2, times: { pollMs: 600_000 } });
    await eventually(() => expect(held.begun).toEqual(['a', 'b']));
    expect(await bench.redis.llen(bench.keys.pending)).toBe(3);
    expect(server.inHand).toBe(2);
    held.release('b');
    await eventually(() => expect(held.begun).toEqual(['a', 'b', 'c']));
    expect(await bench.redis.llen(bench.keys.active)).toBe(2);
    const letGo = setInterval(() => held.releaseAll(), 10);
    await eventually(() => expect(bench.told.settled).toHaveLength(5)).finally(() => clearInterval(letGo));
  });

  it('keeps a completed task and its result for its retention, then forgets it', async () => {
    await bench.enqueue(['a'], { retentionMs: 2_000 });
    bench.serve(() => Promise.resolve({ kind: 'done', result: Buffer.from([0, 255]) }));
    await eventually(() => expect(bench.told.settled).toHaveLength(1));
    expect(await bench.field('a', 'state')).toBe('completed');
    expect(await bench.redis.hgetBuffer(`${bench.keys.taskPrefix}a`, 'result')).toEqual(
      Buffer.from([0, 255]),
    );
    const message = decodeMessage((await bench.redis.hgetBuffer(`${bench.keys.taskPrefix}a`, 'msg'))!);
    expect(Math.abs(message.completedAt - Date.now() / 1000)).toBeLessThan(3);
    expect(await bench.redis.zscore(bench.keys.completed, 'a')).toMatch(/^\d+$/);
    await eventually(async () => expect(await bench.redis.exists(`${bench.keys.taskPrefix}a`)).toBe(0));
    expect(await bench.redis.exists(bench.keys.completed)).toBe(0);
  });

  it('gives a unique lock back when the task is done, and not that of another task', async () => {
    await bench.enqueue(['a'], { uniqueForMs: 60_000 });
    const [lock] = await bench.redis.keys(`${bench.keys.prefix.replace(/[{}]/g, '?')}unique:*`);
    await bench.enqueue(['b'], { uniqueForMs: 60_000, type: 'other' });
    const locks = await bench.redis.keys(`${bench.keys.prefix.replace(/[{}]/g, '?')}unique:*`);
    const others = locks.find((key) => key !== lock)!;
    await bench.redis.set(others, 'somebody');
    bench.serve(() => Promise.resolve({ kind: 'done' }));
    await eventually(() => expect(bench.told.settled).toHaveLength(2));
    expect(await bench.redis.exists(lock!)).toBe(0);
    expect(await bench.redis.get(others)).toBe('somebody');
  });

  it('asks queues strictly by weight', async () => {
    const [low, high] = [`${bench.queue}-low`, `${bench.queue}-high`];
    await bench.enqueue(['l1', 'l2'], { queue: low });
    await bench.enqueue(['h1', 'h2'], { queue: high });
    const seen: string[] = [];
    const options = { queues: { [low]: 1, [high]: 2 }, strict: true, concurrency: 1 };
    bench.serve(({ id }) => Promise.resolve({ kind: 'done' as const }).finally(() => seen.push(id)), options);
    await eventually(() => expect(seen).toEqual(['h1', 'h2', 'l1', 'l2']));
  });

  it('leaves a paused queue alone', async () => {
    await bench.redis.set(bench.keys.paused, '1');
    await bench.enqueue(['a']);
    bench.serve(() => Promise.resolve({ kind: 'done' }));
    await delay(300); // some looks
    expect(await bench.redis.llen(bench.keys.pending)).toBe(1);
    await bench.redis.del(bench.keys.paused);
    await eventually(() => expect(bench.told.settled).toHaveLength(1));
  });

  it('shows itself and what is in its hands, and takes that away when it stops', async () => {
    const held = new Held();
    const server = bench.serve(held.handler, { concurrency: 3, times: { heartbeatMs: 100 } });
    await bench.enqueue(['a']);
    const found = await eventually(async () => {
      for (const key of await bench.redis.zrange('asynq:servers', '0', '-1')) {
        const record = await bench.redis.getBuffer(key);
        if (
          record &&
          bench.queue in decodeServerInfo(record).queues &&
          decodeServerInfo(record).activeWorkers > 0
        )
          return { key, info: decodeServerInfo(record) };
      }
      throw new Error('no record yet');
    });
    expect(found.info).toMatchObject({
      pid: process.pid,
      concurrency: 3,
      status: 'active',
      activeWorkers: 1,
    });
    const workers = found.key.replace('asynq:servers:', 'asynq:workers:');
    const worker = await eventually(async () => (await bench.redis.hgetallBuffer(workers)).a!);
    expect(decodeWorkerInfo(worker)).toMatchObject({ taskId: 'a', taskType: 'work', queue: bench.queue });
    expect(await bench.redis.zscore('asynq:workers', workers)).not.toBeNull();
    held.release('a');
    expect(await server.stop(2_000)).toBe(0);
    expect(await bench.redis.exists(found.key, workers)).toBe(0);
    expect(await bench.redis.zscore('asynq:servers', found.key)).toBeNull();
    expect(await bench.redis.zscore('asynq:workers', workers)).toBeNull();
  });
});
