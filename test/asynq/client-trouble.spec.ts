import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Client } from '../../src/asynq/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers, startPrivateRedis, type RedisServer } from '../support/servers/index.js';

const task = (queue: string, uniqueForMs = 0) => ({
  id: randomUUID(),
  type: 'work',
  payload: Buffer.from(randomUUID()),
  queue,
  uniqueForMs,
});

describeWithServers(['redis-private'], 'the client and its server’s trouble', () => {
  let server: RedisServer;
  beforeAll(async () => void (server = await startPrivateRedis()));
  afterAll(() => server?.release());

  it.each([false, true])(
    'knows its scripts again after SCRIPT FLUSH; auto-pipelining: %s',
    async (enableAutoPipelining) => {
      const redis = new Redis(server.url, { enableAutoPipelining });
      const client = new Client(redis);
      await client.enqueueMany([task('flushed')]);
      for (let i = 0; i < 3; i++) {
        await redis.script('FLUSH');
        const calls = Array.from({ length: 20 }, () =>
          client.enqueueMany([task('flushed'), task('flushed')]),
        );
        expect((await Promise.all(calls)).flat()).toEqual(Array.from({ length: 40 }, () => 'enqueued'));
      }
      await redis.quit();
    },
  );

  it('makes the queue known again when the server has lost its memory', async () => {
    const redis = new Redis(server.url);
    const client = new Client(redis);
    await client.enqueueMany([task('lost')]);
    await redis.flushall();
    await client.enqueueMany([task('lost')]);
    expect(await redis.smembers('asynq:queues')).toEqual(['lost']);
    await redis.quit();
  });

  it('writes nothing without memory', async () => {
    const redis = new Redis(server.url);
    const client = new Client(redis);
    await redis.flushall();
    await redis.config('SET', 'maxmemory', '1');
    await expect(client.enqueueMany([task('full'), task('full', 5_000)])).rejects.toThrow(/OOM/);
    await redis.config('SET', 'maxmemory', '0');
    expect(await redis.dbsize()).toBe(0);
    expect(await client.enqueueMany([task('full')])).toEqual(['enqueued']);
    await redis.quit();
  });

  it('says how many were handled when the server dies on the way', async () => {
    const redis = new Redis(server.url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
    redis.on('error', () => undefined);
    const client = new Client(redis);
    const tasks = Array.from({ length: 60_000 }, () => task('dies'));
    const look = new Redis(server.url, { retryStrategy: () => null });
    look.on('error', () => undefined);
    const enqueueing = client.enqueueMany(tasks).catch((error: unknown) => error);
    await eventually(async () => expect(await look.llen('asynq:{dies}:pending')).toBeGreaterThan(0));
    await server.kill();
    const error = (await enqueueing) as { handled: number; cause: unknown };
    expect(error).toMatchObject({ name: 'CutShortError' });
    expect(error.handled).toBeGreaterThan(0);
    expect(error.handled % 500).toBe(0);
    // Without a disconnect: on a connection that is gone it leaves a timer of 2 s behind.
    for (const each of [redis, look]) await eventually(() => expect(each.status).toBe('end'));
    await server.start();
  });
});
