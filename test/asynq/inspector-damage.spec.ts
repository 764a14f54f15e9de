import { encodeMessage, newMessage } from '../../src/asynq/codec.js';
import { encodeServerInfo, encodeWorkerInfo } from '../../src/asynq/codec-records.js';
import { serverKeys } from '../../src/asynq/keys.js';
import { describeWithServers } from '../support/servers/index.js';
import { ALL, HOUR, Inspected, keyOf, newQueue } from './inspected.js';

describeWithServers(['redis'], 'the inspector and what is damaged', () => {
  let here: Inspected;
  beforeAll(async () => void (here = await Inspected.open(44)));
  beforeEach(() => void (here.damaged.length = 0));
  afterAll(() => here?.redis.quit());

  it('leaves damaged tasks out, tells of them, and deletes them', async () => {
    const queue = newQueue();
    const good = await here.enqueued(queue);
    const ids = ['gone', 'foreign', 'garbage', 'other', 'no-msg'];
    await here.redis.lpush(keyOf(queue, 'pending'), ...ids);
    await here.redis.set(keyOf(queue, 't:foreign'), 'x');
    await here.redis.hset(keyOf(queue, 't:garbage'), { msg: '\xff\xff', state: 'pending' });
    const other = encodeMessage({ ...newMessage(), id: 'x', type: 't' });
    await here.redis.hset(keyOf(queue, 't:other'), { msg: other, state: 'pending' });
    await here.redis.hset(keyOf(queue, 't:no-msg'), { state: 'pending' });
    expect((await here.inspector.list(queue, 'pending', ALL))!.map(({ id }) => id)).toEqual([good.id]);
    expect(here.damaged.map(([, id]) => id).sort()).toEqual([...ids].sort());
    await expect(here.inspector.get(queue, 'foreign')).rejects.toMatchObject({ name: 'TaskDamagedError' });
    await expect(here.inspector.get(queue, 'garbage')).rejects.toMatchObject({ name: 'TaskDamagedError' });
    expect(await here.inspector.get(queue, 'gone')).toBe('task-unknown');
    await expect(here.inspector.change('run', queue, 'foreign')).rejects.toMatchObject({
      name: 'TaskDamagedError',
    });
    for (const id of ids)
      expect([id, await here.inspector.change('delete', queue, id)]).toEqual([id, 'done']);
    expect(await here.redis.lrange(keyOf(queue, 'pending'), 0, -1)).toEqual([good.id]);
    expect(await here.redis.keys(keyOf(queue, 't:*'))).toEqual([keyOf(queue, `t:${good.id}`)]);
    expect(await here.inspector.change('delete', queue, 'gone')).toBe('task-unknown');
  });

  it('mends a task that does not lie where it says', async () => {
    const queue = newQueue();
    const one = await here.enqueued(queue);
    await here.redis.hset(keyOf(queue, `t:${one.id}`), 'state', 'retry');
    await expect(here.inspector.change('run', queue, one.id)).rejects.toMatchObject({
      name: 'TaskDamagedError',
    });
    expect(await here.redis.lrange(keyOf(queue, 'pending'), 0, -1)).toEqual([one.id]);
    expect(await here.inspector.change('delete', queue, one.id)).toBe('done');
    const stuck = await here.enqueued(queue);
    await here.redis.del(keyOf(queue, 'pending'));
    await here.redis.hset(keyOf(queue, `t:${stuck.id}`), 'state', 'active');
    expect(await here.inspector.change('delete', queue, stuck.id)).toBe('done');
    expect(await here.redis.keys(keyOf(queue, '*'))).toEqual([]);
  });

  it.each([
    ['run', 'pending'],
    ['archive', 'archived'],
  ] as const)('refuses to %s where %s is of another type, and loses nothing', async (change, target) => {
    const queue = newQueue();
    const ids = [(await here.bring('retry', queue)).id, (await here.bring('retry', queue)).id].sort();
    await here.redis.set(keyOf(queue, target), 'x');
    await expect(here.inspector.change(change, queue, ids[0]!)).rejects.toThrow(/WRONGTYPE/);
    await expect(here.inspector.changeAll({ change, state: 'retry' }, queue)).rejects.toThrow(/WRONGTYPE/);
    expect((await here.redis.zrange(keyOf(queue, 'retry'), '0', '-1')).sort()).toEqual(ids);
    for (const id of ids) expect(await here.redis.hget(keyOf(queue, `t:${id}`), 'state')).toBe('retry');
  });

  it('shows a queue whose keys are of another type as far as it can', async () => {
    const queue = newQueue();
    await here.enqueued(queue, { processAt: Date.now() + HOUR });
    await here.redis.set(keyOf(queue, 'pending'), 'x');
    await here.redis.lpush(keyOf(queue, 'processed'), 'x');
    expect(await here.inspector.queue(queue)).toMatchObject({
      counts: { pending: 0, scheduled: 1 },
      processed: 0,
    });
    expect(await here.inspector.list(queue, 'pending', ALL)).toEqual([]);
    expect(here.damaged).toEqual(
      Array.from({ length: 2 }, () => [queue, null, 'its pending is of another type']),
    );
  });

  it('reads servers and workers that live, and leaves out what it cannot read', async () => {
    const owner = { host: 'h', pid: 1, serverId: newQueue() };
    const { server, workers } = serverKeys(owner.host, owner.pid, owner.serverId);
    const info = { ...owner, concurrency: 5, queues: { a: 1 }, strictPriority: false, status: 'active' };
    const record = { ...info, startedAt: 1_763_750_000_000, activeWorkers: 1 };
    const worker = { ...owner, taskId: 'i', taskType: 't', payload: Buffer.from('p'), queue: 'a' };
    const inHand = { ...worker, startedAt: 1_763_750_000_000, deadline: 1_763_750_300_000 };
    const soon = Math.floor(Date.now() / 1000) + 10;
    await here.redis.zadd('asynq:servers', soon, server, soon, 'gone', soon, 'garbage', soon, 'foreign');
    await here.redis.zadd('asynq:servers', soon - 60, 'over');
    await here.redis.zadd('asynq:workers', soon, workers, soon, 'garbage');
    await here.redis.set(server, encodeServerInfo(record));
    await here.redis.hset(workers, 'i', encodeWorkerInfo(inHand), 'j', Buffer.from([0xff]));
    await here.redis.set('garbage', Buffer.from([0xff]));
    await here.redis.set('over', encodeServerInfo({ ...record, host: 'over' }));
    await here.redis.lpush('foreign', 'x');
    expect(await here.inspector.servers()).toEqual([record]);
    expect(await here.inspector.workers()).toEqual([inHand]);
    expect(here.damaged).toEqual(Array.from({ length: 2 }, () => ['', null, 'it is cut short']));
    await here.redis.del('asynq:servers', 'asynq:workers', server, workers, 'garbage', 'over', 'foreign');
  });
});
