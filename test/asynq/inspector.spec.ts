import { encodeMessage, newMessage } from '../../src/asynq/codec.js';
import { STATES, type State } from '../../src/asynq/inspector-views.js';
import { describeWithServers } from '../support/servers/index.js';
import { ALL, HOUR, Inspected, keyOf, newQueue, task } from './inspected.js';

describeWithServers(['redis'], 'what the inspector shows', () => {
  let here: Inspected;
  beforeAll(async () => void (here = await Inspected.open(42)));
  beforeEach(() => void (here.damaged.length = 0));
  afterAll(() => here?.redis.quit());

  it('counts what lies in each state', async () => {
    const queue = newQueue();
    expect(await here.inspector.queue(queue)).toBeNull();
    for (const state of [...STATES, 'retry'] as const) await here.bring(state, queue);
    const today = new Date().toISOString().slice(0, 10);
    await here.redis.mset(keyOf(queue, `processed:${today}`), 5, keyOf(queue, `failed:${today}`), 2);
    await here.redis.mset(keyOf(queue, 'processed'), '9223372036854775807', keyOf(queue, 'failed'), 3);
    expect(await here.inspector.queue(queue)).toMatchObject({
      name: queue,
      isPaused: false,
      counts: { pending: 1, active: 1, scheduled: 1, retry: 2, archived: 1, completed: 1 },
      processedToday: 5,
      failedToday: 2,
      processed: 2 ** 63,
      failed: 3,
    });
    expect((await here.inspector.queues()).filter(({ name }) => name === queue)).toHaveLength(1);
  });

  it('tells how long the oldest pending task waits', async () => {
    const queue = newQueue();
    const [one] = [await here.enqueued(queue), await here.enqueued(queue)];
    const since = (ms: number) => `${Date.now() - ms}000000`;
    await here.redis.hset(keyOf(queue, `t:${one.id}`), 'pending_since', since(5_000));
    const { latencyMs } = (await here.inspector.queue(queue))!;
    expect(latencyMs).toBeGreaterThanOrEqual(5_000);
    expect(latencyMs).toBeLessThan(60_000);
    await here.redis.hdel(keyOf(queue, `t:${one.id}`), 'pending_since');
    expect((await here.inspector.queue(queue))!.latencyMs).toBe(0);
  });

  it.each(STATES)('shows a task that is %s', async (state) => {
    const queue = newQueue();
    const headers = { a: 'ü' };
    const one = await here.bring(state, queue, {
      headers,
      maxRetries: 7,
      timeoutMs: 5_000,
      retentionMs: 9_000,
    });
    await here.redis.hset(keyOf(queue, `t:${one.id}`), 'result', Buffer.from([0xfe]));
    const info = await here.inspector.get(queue, one.id);
    expect(info).toMatchObject({
      id: one.id,
      queue,
      type: 'work',
      headers,
      state,
      maxRetries: 7,
      retried: 0,
    });
    expect(info).toMatchObject({ timeoutMs: 5_000, deadlineAt: null, retentionMs: 9_000, lastError: null });
    expect(info).toMatchObject({ payload: one.payload, result: Buffer.from([0xfe]), lastFailedAt: null });
    const isWaiting = state === 'scheduled' || state === 'retry';
    expect((info as { nextAt: number | null }).nextAt !== null).toBe(isWaiting);
    expect(await here.inspector.list(queue, state, ALL)).toEqual([info]);
    expect(await here.whereIs(queue, one.id)).toEqual([state]);
  });

  it('shows what a worker wrote into the message', async () => {
    const queue = newQueue();
    const one = await here.bring('retry', queue);
    const message = { ...newMessage(), id: one.id, type: 'work', queue, retried: 2, errorMsg: 'no' };
    const msg = encodeMessage({
      ...message,
      lastFailedAt: 1_763_750_000,
      completedAt: 1_763_750_001,
      deadline: 5,
    });
    await here.redis.hset(keyOf(queue, `t:${one.id}`), 'msg', msg);
    expect(await here.inspector.get(queue, one.id)).toMatchObject({
      retried: 2,
      lastError: 'no',
      lastFailedAt: 1_763_750_000_000,
      completedAt: 1_763_750_001_000,
      deadlineAt: 5_000,
    });
  });

  it('pages in order', async () => {
    const queue = newQueue();
    const tasks = Array.from({ length: 25 }, () => task(queue));
    await here.client.enqueueMany(tasks);
    const later = [5, 1, 3].map((hours) => task(queue, { processAt: Date.now() + hours * HOUR }));
    await here.client.enqueueMany(later);
    const ids = async (state: State, number: number, size: number) =>
      (await here.inspector.list(queue, state, { number, size }))!.map(({ id }) => id);
    const all = tasks.map(({ id }) => id);
    expect(await ids('pending', 1, 10)).toEqual(all.slice(0, 10));
    expect(await ids('pending', 3, 10)).toEqual(all.slice(20));
    expect(await ids('pending', 4, 10)).toEqual([]);
    expect(await ids('scheduled', 1, 2)).toEqual([later[1]!.id, later[2]!.id]);
    expect(await ids('scheduled', 2, 2)).toEqual([later[0]!.id]);
    expect(await here.inspector.list(newQueue(), 'pending', ALL)).toBeNull();
  });
});
