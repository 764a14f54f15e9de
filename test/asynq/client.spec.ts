import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Client } from '../../src/asynq/client.js';
import { decodeMessage } from '../../src/asynq/codec.js';
import type { EnqueueTask } from '../../src/asynq/enqueue-task.js';
import { uniqueKey, wakeChannel } from '../../src/asynq/keys.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers, startedRedis } from '../support/servers/index.js';

const DB = 41;
const MINUTE = 60_000;

const task = (queue: string, more: Partial<EnqueueTask> = {}): EnqueueTask & { id: string } => ({
  id: randomUUID(),
  type: 'work',
  payload: Buffer.from(randomUUID()),
  queue,
  ...more,
});

describeWithServers(['redis'], 'the client', () => {
  let redis: Redis;
  let client: Client;

  beforeAll(async () => {
    const { url } = await startedRedis();
    redis = new Redis(url, { db: DB });
    client = new Client(redis);
  });
  afterAll(() => redis?.quit());

  const newQueue = () => `client-${randomUUID()}`;
  const hash = (queue: string, id: string) => redis.hgetall(`asynq:{${queue}}:t:${id}`);
  const pending = async (queue: string) => (await redis.lrange(`asynq:{${queue}}:pending`, 0, -1)).reverse();
  const keys = (queue: string) => redis.keys(`asynq:{${queue}}:*`);

  it('writes a pending task as Asynq does', async () => {
    const queue = newQueue();
    const before = Date.now();
    const one = task(queue, { payload: Buffer.alloc(200, 0xff), headers: { a: 'ü' }, maxRetries: 3 });
    expect(await client.enqueueMany([one])).toEqual(['enqueued']);
    const { pending_since, msg: _, ...fields } = await hash(queue, one.id);
    expect(fields).toEqual({ state: 'pending' });
    expect(pending_since).toMatch(/^\d{19}$/);
    expect(Number(pending_since) / 1e6).toBeGreaterThanOrEqual(before);
    const message = decodeMessage((await redis.hgetBuffer(`asynq:{${queue}}:t:${one.id}`, 'msg'))!);
    expect(message).toMatchObject({
      id: one.id,
      queue,
      type: 'work',
      retry: 3,
      timeout: 1800,
      headers: { a: 'ü' },
    });
    expect(message.payload.equals(one.payload)).toBe(true);
    expect(await pending(queue)).toEqual([one.id]);
    expect(await redis.sismember('asynq:queues', queue)).toBe(1);
    expect(await redis.ttl(`asynq:{${queue}}:t:${one.id}`)).toBe(-1);
  });

  it('keeps the order, over several script calls and queues', async () => {
    const [one, two] = [newQueue(), newQueue()];
    const tasks = Array.from({ length: 1203 }, (_, i) => task(i % 3 ? one : two));
    expect(await client.enqueueMany(tasks)).toEqual(tasks.map(() => 'enqueued'));
    for (const queue of [one, two])
      expect(await pending(queue)).toEqual(tasks.filter((each) => each.queue === queue).map(({ id }) => id));
    expect(await client.enqueueMany([])).toEqual([]);
  });

  it('writes a task for later', async () => {
    const queue = newQueue();
    const processAt = Date.now() + MINUTE;
    const one = task(queue, { processAt });
    await client.enqueueMany([one]);
    const { msg: _, ...fields } = await hash(queue, one.id);
    expect(fields).toEqual({ state: 'scheduled' });
    expect(await redis.zscore(`asynq:{${queue}}:scheduled`, one.id)).toBe(
      String(Math.ceil(processAt / 1000)),
    );
    expect(await pending(queue)).toEqual([]);
  });

  it('refuses an id that is taken, in any state and in the same call', async () => {
    const queue = newQueue();
    const [now, later] = [task(queue), task(queue, { processAt: Date.now() + MINUTE })];
    await client.enqueueMany([now, later]);
    await redis.hset(`asynq:{${queue}}:t:done`, 'state', 'completed');
    await redis.set(`asynq:{${queue}}:t:foreign`, 'x');
    const before = await hash(queue, now.id);
    const again = [now, later, task(queue, { id: 'done' }), task(queue, { id: 'foreign' })];
    const twice = task(queue, { id: 'twice' });
    expect(await client.enqueueMany([...again, twice, twice])).toEqual([
      ...again.map(() => 'duplicate-id'),
      'enqueued',
      'duplicate-id',
    ]);
    expect(await hash(queue, now.id)).toEqual(before);
    expect(await pending(queue)).toEqual([now.id, 'twice']);
  });

  it('locks type and payload of a queue', async () => {
    const queue = newQueue();
    const payload = Buffer.from('same');
    const [one, two] = [
      task(queue, { payload, uniqueForMs: MINUTE }),
      task(queue, { payload, uniqueForMs: MINUTE }),
    ];
    const other = task(queue, { payload, uniqueForMs: MINUTE, type: 'other' });
    const free = task(queue, { payload });
    expect(await client.enqueueMany([one, two, other, free])).toEqual([
      'enqueued',
      'not-unique',
      'enqueued',
      'enqueued',
    ]);
    const key = uniqueKey(queue, 'work', payload);
    expect(await redis.get(key)).toBe(one.id);
    expect(await redis.ttl(key)).toBeGreaterThan(50);
    expect(await hash(queue, one.id)).toMatchObject({ state: 'pending', unique_key: key });
    expect(await hash(queue, two.id)).toEqual({});
  });

  it('locks a task for later until its time and beyond', async () => {
    const queue = newQueue();
    const one = task(queue, { uniqueForMs: MINUTE, processAt: Date.now() + 10 * MINUTE });
    await client.enqueueMany([one]);
    const key = uniqueKey(queue, 'work', one.payload);
    expect(await hash(queue, one.id)).toMatchObject({ state: 'scheduled', unique_key: key });
    expect(Math.abs((await redis.ttl(key)) - 660)).toBeLessThanOrEqual(5);
  });

  it('gives the lock back when the id turns out to be taken', async () => {
    const queue = newQueue();
    const one = task(queue);
    await client.enqueueMany([one]);
    const again = { ...one, payload: Buffer.from('other'), uniqueForMs: MINUTE };
    const later = { ...again, processAt: Date.now() + MINUTE };
    expect(await client.enqueueMany([again, later])).toEqual(['duplicate-id', 'duplicate-id']);
    expect(await redis.exists(uniqueKey(queue, 'work', again.payload))).toBe(0);
  });

  it('enqueues only while the fence holds', async () => {
    const queue = newQueue();
    const fence = { key: `lease-${queue}`, holder: 'me:1:x' };
    const lost = { name: 'LeaseLostError', handled: 0 };
    await expect(client.enqueueMany([task(queue)], fence)).rejects.toMatchObject(lost);
    await redis.set(fence.key, 'me:1:y');
    await expect(client.enqueueMany([task(queue)], fence)).rejects.toMatchObject(lost);
    await redis.del(fence.key);
    await redis.hset(fence.key, 'me:1:x', '');
    await expect(client.enqueueMany([task(queue)], fence)).rejects.toMatchObject(lost);
    expect(await keys(queue)).toEqual([]);
    expect(await redis.sismember('asynq:queues', queue)).toBe(0);
    await redis.del(fence.key);
    await redis.set(fence.key, fence.holder);
    expect(await client.enqueueMany([task(queue)], fence)).toEqual(['enqueued']);
  });

  it('says how many were handled when the fence is lost on the way', async () => {
    const queue = newQueue();
    const fence = { key: `lease-${queue}`, holder: 'me' };
    await redis.set(fence.key, 'me');
    const other = redis.duplicate();
    const tasks = Array.from({ length: 20_000 }, () => task(queue));
    const enqueueing = client.enqueueMany(tasks, fence).catch((error: unknown) => error);
    await eventually(async () => expect(await other.llen(`asynq:{${queue}}:pending`)).toBeGreaterThan(0));
    await other.del(fence.key);
    const error = (await enqueueing) as { handled: number };
    expect(error).toMatchObject({ name: 'LeaseLostError' });
    expect(error.handled % 500).toBe(0);
    expect(await pending(queue)).toEqual(tasks.slice(0, error.handled).map(({ id }) => id));
    expect(error.handled).toBeLessThan(tasks.length);
    await other.quit();
  });

  it('wakes each queue once a call, and none for later', async () => {
    const [one, two, none] = [newQueue(), newQueue(), newQueue()];
    const listener = redis.duplicate();
    const heard: string[] = [];
    await listener.subscribe(wakeChannel(DB));
    listener.on('message', (_channel, queue: string) => heard.push(queue));
    const later = task(none, { processAt: Date.now() + MINUTE });
    const taken = task(one);
    await client.enqueueMany([task(one), task(two), taken, later]);
    await client.enqueueMany([taken]);
    await redis.publish(wakeChannel(DB), 'end');
    await eventually(() => expect(heard).toContain('end'));
    const ours = heard.filter((queue) => [one, two, none].includes(queue));
    expect(ours.sort()).toEqual([one, two].sort());
    await listener.quit();
  });

  it('writes nothing when anything of the call cannot be', async () => {
    const [good, foreign] = [newQueue(), newQueue()];
    await redis.set(`asynq:{${foreign}}:pending`, 'x');
    await expect(client.enqueueMany([task(good), task(foreign)])).rejects.toThrow(/WRONGTYPE/);
    await expect(client.enqueueMany([task(good), task(good, { timeoutMs: -1 })])).rejects.toMatchObject({
      name: 'InvalidInputError',
    });
    expect(await keys(good)).toEqual([]);
    await client.enqueueMany([task(foreign, { processAt: Date.now() + MINUTE })]);
  });

  it('sets the mark with the last call alone, or alone', async () => {
    const [good, foreign] = [newQueue(), newQueue()];
    const fence = { key: `lease-${good}`, holder: 'me' };
    const key = `mark-${good}`;
    await redis.set(fence.key, 'me');
    await redis.set(`asynq:{${foreign}}:pending`, 'x');
    const tasks = Array.from({ length: 600 }, () => task(good));
    await expect(
      client.enqueueMany([...tasks, task(foreign)], fence, { key, value: 'a' }),
    ).rejects.toMatchObject({ name: 'CutShortError', handled: 500 });
    expect(await redis.exists(key)).toBe(0);
    await client.enqueueMany(tasks, fence, { key, value: 'b' });
    expect(await redis.get(key)).toBe('b');
    expect(await client.enqueueMany([], fence, { key, value: 'c' })).toEqual([]);
    expect(await redis.get(key)).toBe('c');
    await redis.del(fence.key);
    await expect(client.enqueueMany([], fence, { key, value: 'd' })).rejects.toMatchObject({
      name: 'LeaseLostError',
    });
    await expect(client.enqueueMany([], undefined, { key, value: 'd' })).rejects.toMatchObject({
      name: 'InvalidInputError',
    });
    expect(await redis.get(key)).toBe('c');
  });

  it('publishes a cancellation', async () => {
    const listener = redis.duplicate();
    const heard: string[] = [];
    await listener.subscribe('asynq:cancel');
    listener.on('message', (_channel, id: string) => heard.push(id));
    const id = randomUUID();
    expect(await client.cancel(id)).toBeGreaterThan(0);
    await eventually(() => expect(heard).toContain(id));
    await listener.quit();
  });
});
