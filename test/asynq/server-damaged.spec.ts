import { encodeMessage, newMessage } from '../../src/asynq/codec.js';
import { queueKeys } from '../../src/asynq/keys.js';
import type { Handler } from '../../src/asynq/server/options.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers, startedRedis } from '../support/servers/index.js';
import { openBench, type Bench } from './server-support.js';

const done: Handler = () => Promise.resolve({ kind: 'done' });

describeWithServers(['redis'], 'an Asynq server and what is damaged', () => {
  let bench: Bench;

  beforeEach(async () => {
    bench = openBench((await startedRedis()).url);
  });

  afterEach(() => bench.close());

  const damagedIds = () => bench.told.damaged.map(({ id }) => id).sort();

  it('takes what nobody can run out of the way, and runs the rest', async () => {
    const { redis, keys } = bench;
    const other = encodeMessage({ ...newMessage(), id: 'somebody', type: 'work', queue: bench.queue });
    const moved = encodeMessage({ ...newMessage(), id: 'moved', type: 'work', queue: 'elsewhere' });
    await redis.set(`${keys.taskPrefix}foreign`, 'not ours');
    await redis.hset(`${keys.taskPrefix}garbage`, 'msg', Buffer.from([10, 200, 1]), 'state', 'pending');
    await redis.hset(`${keys.taskPrefix}no-msg`, 'state', 'pending');
    await redis.hset(`${keys.taskPrefix}other`, 'msg', other);
    await redis.hset(`${keys.taskPrefix}moved`, 'msg', moved);
    await redis.lpush(keys.pending, 'ghost', 'foreign', 'garbage', 'no-msg', 'other', 'moved');
    await bench.enqueue(['good']);
    bench.serve(done, { concurrency: 3 });
    await eventually(() => expect(bench.told.settled).toMatchObject([{ id: 'good', outcome: 'done' }]));
    await eventually(() =>
      expect(damagedIds()).toEqual(['foreign', 'garbage', 'ghost', 'moved', 'no-msg', 'other']),
    );
    await eventually(async () => expect(await redis.exists(keys.pending, keys.active, keys.lease)).toBe(0));
    expect(await redis.get(`${keys.taskPrefix}foreign`)).toBe('not ours');
    expect(await redis.exists(`${keys.taskPrefix}ghost`)).toBe(0);
    expect((await redis.zrange(keys.archived, '0', '-1')).sort()).toEqual([
      'garbage',
      'moved',
      'no-msg',
      'other',
    ]);
    expect(await redis.hgetBuffer(`${keys.taskPrefix}garbage`, 'msg')).toEqual(Buffer.from([10, 200, 1]));
    expect(JSON.stringify(bench.told.damaged)).not.toContain('not ours');
  });

  it('the same where they are scheduled or to be tried again', async () => {
    const { redis, keys } = bench;
    await redis.set(`${keys.taskPrefix}foreign`, 'not ours');
    await redis.zadd(keys.scheduled, 1, 'ghost', 2, 'foreign');
    await redis.zadd(keys.retry, 3, 'ghost-2');
    await bench.enqueue(['good'], { processAt: Date.now() + 500 });
    bench.serve(done);
    await eventually(() => expect(bench.told.settled).toMatchObject([{ id: 'good', outcome: 'done' }]));
    expect(damagedIds()).toEqual(['foreign', 'ghost', 'ghost-2']);
    expect(await redis.exists(keys.pending, keys.scheduled, keys.retry)).toBe(0);
    expect(await redis.get(`${keys.taskPrefix}foreign`)).toBe('not ours');
  });

  it.each(['pending', 'active', 'lease', 'scheduled', 'completed'] as const)(
    'a queue whose key %s is of another type holds up no other queue, and nothing of it is lost',
    async (name) => {
      const broken = queueKeys(`${bench.queue}-broken`);
      const queues = { [bench.queue]: 1, [`${bench.queue}-broken`]: 5 };
      if (name !== 'pending') await bench.enqueue(['b'], { queue: `${bench.queue}-broken` });
      await bench.redis.set(broken[name], 'not ours');
      await bench.enqueue(['good']);
      bench.serve(done, { queues });
      await eventually(() =>
        expect(bench.told.settled).toContainEqual(expect.objectContaining({ id: 'good', outcome: 'done' })),
      );
      await eventually(() =>
        expect(bench.told.failures.map(({ error }) => error.message).join()).toMatch(/WRONGTYPE/),
      );
      await bench.redis.del(broken[name]);
      if (name !== 'pending')
        await eventually(() => expect(bench.told.settled.map(({ id }) => id).sort()).toEqual(['b', 'good']));
    },
  );

  it('writes a verdict when the set that it belongs to can be written again', async () => {
    await bench.redis.set(bench.keys.completed, 'not ours');
    await bench.enqueue(['a'], { retentionMs: 60_000 });
    bench.serve(done, { times: { pollMs: 50, heartbeatMs: 100 } });
    await eventually(() =>
      expect(bench.told.failures.filter(({ activity }) => activity === 'finish')).not.toHaveLength(0),
    );
    expect(await bench.redis.lrange(bench.keys.active, 0, -1)).toEqual(['a']);
    expect(await bench.redis.zscore(bench.keys.lease, 'a')).not.toBeNull();
    await bench.redis.del(bench.keys.completed);
    await eventually(() => expect(bench.told.settled).toMatchObject([{ id: 'a', outcome: 'done' }]));
    expect(await bench.field('a', 'state')).toBe('completed');
    expect(await bench.redis.get(bench.keys.processed)).toBe('1');
  });
});
