import { describeWithServers, startPrivateRedis, type RedisServer } from '../support/servers/index.js';
import { HOUR, Inspected, keyOf, newQueue } from './inspected.js';

describeWithServers(['redis-private'], 'the inspector of a Redis in trouble', () => {
  let server: RedisServer;
  let here: Inspected;

  beforeAll(async () => {
    server = await startPrivateRedis();
    here = await Inspected.open(0, server.url);
  });

  afterAll(async () => {
    await here.redis.quit();
    await server.release();
  });

  it('tells of a read-only one what it is, and not that the task is damaged', async () => {
    const queue = newQueue();
    const { id } = await here.enqueued(queue, { processAt: Date.now() + HOUR });
    await here.redis.replicaof('127.0.0.1', '1');
    try {
      for (const change of ['run', 'archive', 'delete'] as const)
        await expect(here.inspector.change(change, queue, id)).rejects.toThrow(/READONLY/);
    } finally {
      await here.redis.replicaof('NO', 'ONE');
    }
    expect(await here.whereIs(queue, id)).toEqual(['scheduled']);
  });

  it('runs, archives and deletes in one that is full', async () => {
    const queue = newQueue();
    const ids = await Promise.all(
      Array.from({ length: 6 }, async () => (await here.bring('retry', queue)).id),
    );
    await here.redis.config('SET', 'maxmemory', '1');
    try {
      for (const [i, change] of (['run', 'archive', 'delete'] as const).entries())
        expect(await here.inspector.change(change, queue, ids[i]!)).toBe('done');
      expect(await here.inspector.changeAll({ change: 'run', state: 'retry' }, queue)).toBe(3);
      expect(await here.inspector.changeAll({ change: 'archive', state: 'pending' }, queue)).toBe(4);
      expect(await here.inspector.changeAll({ change: 'delete', state: 'archived' }, queue)).toBe(5);
    } finally {
      await here.redis.config('SET', 'maxmemory', '0');
    }
    expect(await here.redis.keys(keyOf(queue, '*'))).toEqual([]);
  });
});
