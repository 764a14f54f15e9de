import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startedRedis } from '../../support/servers/index.js';
import { DONE, HOUR, Inbox, task } from '../../contracts/task-queue.support.js';
import { closeQueues, openQueue, rawClient, type OpenQueue } from './task-queue-parts.js';

/** No other suite has it. */
const DATABASE = 56;

/** What a foreign program may have left under a task's key. */
const DAMAGES: [what: string, write: (redis: Redis, key: string) => Promise<unknown>][] = [
  ['no hash', () => Promise.resolve()],
  ['a key of another type', (redis, key) => redis.set(key, 'foreign')],
  ['a message that is no protobuf', (redis, key) => redis.hset(key, { msg: '\x0a\xff', state: 'pending' })],
  ['a hash without a message', (redis, key) => redis.hset(key, { state: 'pending' })],
];

describeWithServers(['redis'], 'a damaged task', () => {
  let redis: Redis;
  let port: OpenQueue;
  let name: string;
  let key: (id: string) => string;
  beforeEach(async () => {
    const { url } = await startedRedis();
    redis = rawClient(url, DATABASE);
    port = await openQueue(url, { REDIS_DB: String(DATABASE) });
    name = `damage-${randomUUID()}`;
    key = (id) => `asynq:{${name}}:t:${id}`;
  });
  afterEach(async () => {
    await closeQueues();
    redis.disconnect();
  });
  const work = (inbox: Inbox) =>
    port.queue.work(
      { queues: { [name]: 1 }, strict: false, concurrency: 2, retryDelayMs: () => HOUR },
      inbox.handle,
    );

  it.each(DAMAGES)('with %s is counted and told, and holds up nobody', async (_what, damage) => {
    const around = [task(name), task(name)];
    await port.queue.enqueueMany(around.slice(0, 1));
    await redis.lpush(`asynq:{${name}}:pending`, 'damaged');
    await damage(redis, key('damaged'));
    await port.queue.enqueueMany(around.slice(1));
    const inbox = new Inbox(20_000, () => DONE);
    const worker = work(inbox);
    await inbox.has(2);
    expect(inbox.ids.sort()).toEqual(around.map(({ id }) => id).sort());
    await eventually(async () => expect(await port.counted('tasks_damaged_total', { queue: name })).toBe(1));
    expect(port.said.some((line) => line.includes('"damaged"') && line.includes(name))).toBe(true);
    await eventually(async () => expect(await redis.lrange(`asynq:{${name}}:active`, 0, -1)).toEqual([]));
    const late = task(name);
    await port.queue.enqueueMany([late]);
    await inbox.has(3);
    expect(worker.trouble).toBeNull();
    await eventually(async () =>
      expect(await port.counted('tasks_processed_total', { queue: name })).toBe(3),
    );
  });

  it.each(DAMAGES.slice(1))(
    'with %s is TASK_DAMAGED for who looks, and can be deleted',
    async (_what, damage) => {
      const good = task(name);
      await port.queue.enqueueMany([good]);
      await redis.lpush(`asynq:{${name}}:pending`, 'damaged');
      await damage(redis, key('damaged'));
      const { inspector } = port.queue;
      await expect(inspector.get(name, 'damaged')).rejects.toMatchObject({ code: 'TASK_DAMAGED' });
      const listed = await inspector.list(name, 'pending', { number: 1, size: 10 });
      expect(listed.map(({ id }) => id)).toEqual([good.id]);
      expect(await port.counted('task_queue_errors_total', { activity: 'inspect' })).toBe(1);
      expect(port.said.some((line) => line.includes('"damaged"'))).toBe(true);
      await inspector.delete(name, 'damaged');
      await expect(inspector.get(name, 'damaged')).rejects.toMatchObject({ code: 'TASK_UNKNOWN' });
      expect(await redis.exists(key('damaged'))).toBe(0);
    },
  );

  it('queue, one of several, holds up none of the others', async () => {
    const broken = `broken-${randomUUID()}`;
    await redis.set(`asynq:{${broken}}:pending`, 'foreign');
    const good = task(name);
    await port.queue.enqueueMany([good]);
    const inbox = new Inbox(20_000);
    const worker = port.queue.work(
      { queues: { [broken]: 5, [name]: 1 }, strict: true, concurrency: 2, retryDelayMs: () => HOUR },
      inbox.handle,
    );
    await inbox.has(1);
    await eventually(async () =>
      expect(await port.counted('task_queue_errors_total', { activity: 'fetch' })).toBeGreaterThan(0),
    );
    expect(port.said.some((line) => line.startsWith('No tasks are taken'))).toBe(true);
    await redis.del(`asynq:{${broken}}:pending`);
    await port.queue.enqueueMany([task(broken)]);
    await inbox.has(2);
    await inbox.until(() => expect(worker.trouble).toBeNull());
  });
});
