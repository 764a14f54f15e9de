import { setTimeout as delay } from 'node:timers/promises';
import { decodeMessage, type TaskMessage } from '../../src/asynq/codec.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers, startedRedis } from '../support/servers/index.js';
import { Held, openBench, type Bench } from './server-support.js';

describeWithServers(['redis'], 'an Asynq server and attempts that fail', () => {
  let bench: Bench;

  beforeEach(async () => {
    bench = openBench((await startedRedis()).url);
  });

  afterEach(() => bench.close());

  async function message(id: string): Promise<TaskMessage> {
    return decodeMessage((await bench.redis.hgetBuffer(bench.keys.taskPrefix + id, 'msg'))!);
  }

  const counters = () => bench.redis.mget(bench.keys.processed, bench.keys.failed);

  it('tries again after the delay, then archives, and counts both', async () => {
    await bench.enqueue(['a'], { maxRetries: 1 });
    const at: number[] = [];
    bench.serve(
      ({ retried }) => {
        at.push(Date.now());
        return Promise.reject(new Error(`no luck ${retried}`));
      },
      { retryDelayMs: () => 1_000 },
    );
    await eventually(async () => expect(await bench.field('a', 'state')).toBe('archived'));
    expect(at[1]! - at[0]!).toBeGreaterThanOrEqual(1_000);
    expect(await message('a')).toMatchObject({ retried: 1, retry: 1, errorMsg: 'no luck 1' });
    expect(await counters()).toEqual(['2', '2']);
    expect(await bench.redis.zcard(bench.keys.archived)).toBe(1);
    expect(bench.told.settled.map(({ outcome }) => outcome)).toEqual(['retried', 'archived']);
  });

  it('postpones what does not count, even where no retry is left', async () => {
    await bench.enqueue(['a'], { maxRetries: 0 });
    let attempts = 0;
    bench.serve(() => {
      attempts += 1;
      if (attempts > 1) return Promise.resolve({ kind: 'done' });
      return Promise.resolve({ kind: 'retry', message: 'later', delayMs: 0, countsAsFailure: false });
    });
    await eventually(() =>
      expect(bench.told.settled.map(({ outcome }) => outcome)).toEqual(['postponed', 'done']),
    );
    expect(await counters()).toEqual(['1', null]);
  });

  it('archives at once when it is told to', async () => {
    await bench.enqueue(['a']);
    bench.serve(() => Promise.resolve({ kind: 'archive', message: 'never' }));
    await eventually(async () => expect(await bench.field('a', 'state')).toBe('archived'));
    expect(await message('a')).toMatchObject({ retried: 0, errorMsg: 'never' });
  });

  it('keeps the archive within 10,000 tasks and 90 days, their hashes too', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { archived, taskPrefix } = bench.keys;
    const members = Array.from({ length: 10_050 }, (_, i) => [now - 20_000 + i, `old-${i}`]).flat();
    await bench.redis.zadd(archived, ...members);
    await bench.redis.zadd(archived, now - 91 * 86_400, 'ancient');
    for (const id of ['ancient', 'old-0', 'old-10049'])
      await bench.redis.hset(taskPrefix + id, 'state', 'archived');
    await bench.enqueue(['a']);
    bench.serve(() => Promise.resolve({ kind: 'archive', message: 'never' }));
    await eventually(() => expect(bench.told.settled).toHaveLength(1));
    expect(await bench.redis.zcard(archived)).toBe(9_999);
    expect(await bench.redis.zscore(archived, 'a')).not.toBeNull();
    expect(await bench.redis.exists(`${taskPrefix}ancient`, `${taskPrefix}old-0`)).toBe(0);
    expect(await bench.redis.exists(`${taskPrefix}old-10049`)).toBe(1);
  });

  it('ends an attempt at its timeout, counts it as failed at once, and keeps its place until the handler returns', async () => {
    const held = new Held();
    await bench.enqueue(['a'], { timeoutMs: 1_000, maxRetries: 0 });
    await bench.enqueue(['b']);
    const server = bench.serve(held.handler, { concurrency: 1 });
    await eventually(async () => expect(await bench.field('a', 'state')).toBe('archived'));
    expect(await message('a')).toMatchObject({ errorMsg: 'context deadline exceeded' });
    expect(held.aborted).toEqual(['a']);
    await delay(300);
    expect(held.begun).toEqual(['a']);
    expect(server.inHand).toBe(1);
    held.release('a');
    await eventually(() => expect(held.begun).toEqual(['a', 'b']));
    expect(await bench.field('a', 'state')).toBe('archived');
    held.release('b');
  });

  it('does not begin what is past its deadline', async () => {
    const held = new Held();
    await bench.enqueue(['a'], { deadlineAt: Date.now() - 5_000, maxRetries: 0 });
    bench.serve(held.handler);
    await eventually(async () => expect(await bench.field('a', 'state')).toBe('archived'));
    expect(held.begun).toEqual([]);
  });

  it('aborts what is cancelled, as a failed attempt', async () => {
    const held = new Held();
    await bench.enqueue(['a', 'b']);
    bench.serve(held.handler, { retryDelayMs: () => 60_000 });
    await eventually(() => expect(held.begun).toHaveLength(2));
    await eventually(async () => expect(await bench.client.cancel('a')).toBeGreaterThan(0));
    await eventually(async () => expect(await bench.field('a', 'state')).toBe('retry'));
    expect(await message('a')).toMatchObject({ retried: 1, errorMsg: 'context canceled' });
    expect(held.aborted).toEqual(['a']);
    expect(await bench.field('b', 'state')).toBe('active');
    held.releaseAll();
  });

  it('lives with handlers that throw nonsense or answer nothing', async () => {
    await bench.enqueue(['a', 'b', 'c'], { maxRetries: 0 });
    bench.serve(({ id }) => {
      if (id === 'a') throw new Error('thrown at once');
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is the case
      return id === 'b' ? Promise.reject(undefined) : Promise.resolve(undefined as never);
    });
    await eventually(() => expect(bench.told.settled).toHaveLength(3));
    expect(await message('a')).toMatchObject({ errorMsg: 'thrown at once' });
    expect(await message('b')).toMatchObject({ errorMsg: 'undefined' });
    expect(await message('c')).toMatchObject({ errorMsg: 'the handler answered no verdict' });
  });

  it('forwards scheduled tasks when they are due, hundreds at once', async () => {
    const ids = Array.from({ length: 250 }, (_, i) => `s${i}`);
    const due = Math.ceil(Date.now() / 1000) * 1000 + 1_000;
    await bench.enqueue(ids, { processAt: due });
    const at: number[] = [];
    bench.serve(() => {
      at.push(Date.now());
      return Promise.resolve({ kind: 'done' });
    });
    await eventually(() => expect(bench.told.settled).toHaveLength(250));
    expect(Math.min(...at)).toBeGreaterThanOrEqual(due);
  });
});
