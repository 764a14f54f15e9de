import { expect, it, describe } from '@jest/globals';
import type { NewTask } from '../../src/ports/task-queue.port.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers } from '../support/servers/index.js';
import { Both, newQueue, PAIRS, scripted, type SideName } from './sides/both.js';

const HOUR = 3_600_000;

describeWithServers(['redis', 'asynq-go'], 'conformance with Asynq: what is enqueued', () => {
  const both = Both.open();

  describe.each<SideName>(['Go', 'ours'])('by %s', (from) => {
    it('is read by both with every option', async () => {
      const queue = newQueue();
      const deadlineAt = Math.ceil(Date.now() / 1000) * 1000 + HOUR;
      const task = scripted(
        queue,
        {},
        {
          payload: Buffer.from([0, 1, 127, 128, 200, 255, 10]),
          headers: { 'trace-id': 'a1', größe: '✓ 10 €', empty: '' },
          maxRetries: 300,
          timeoutMs: 90_000,
          retentionMs: 2 * HOUR,
          deadlineAt,
        },
      );
      expect(await both.side(from).enqueue(task)).toBe('enqueued');
      expect(await both.look(queue, task.id)).toEqual({
        id: task.id,
        queue,
        type: 'monitor:healthcheck',
        payload: task.payload.toString('latin1'),
        headers: task.headers,
        state: 'pending',
        maxRetries: 300,
        retried: 0,
        lastError: '',
        lastFailedAt: null,
        nextAt: null,
        completedAt: null,
        timeoutMs: 90_000,
        deadlineAt,
        retentionMs: 2 * HOUR,
        result: '',
      });
    });

    it('is read by both with the defaults', async () => {
      const task = scripted(newQueue(), {}, { payload: Buffer.alloc(0), maxRetries: 0 });
      await both.side(from).enqueue(task);
      const seen = await both.look(task.queue, task.id);
      expect(seen).toMatchObject({ payload: '', headers: {}, maxRetries: 0, deadlineAt: null });
    });

    it('is scheduled for both', async () => {
      const processAt = Math.ceil(Date.now() / 1000) * 1000 + HOUR;
      const task = scripted(newQueue(), {}, { processAt });
      await both.side(from).enqueue(task);
      expect(await both.look(task.queue, task.id)).toMatchObject({ state: 'scheduled', nextAt: processAt });
      expect(await both.lookAt(task.queue)).toMatchObject({ counts: { scheduled: 1, pending: 0 } });
    });

    it('waits since the same time for both', async () => {
      const task = scripted(newQueue());
      await both.side(from).enqueue(task);
      const since = Number(await both.redis.hget(`asynq:{${task.queue}}:t:${task.id}`, 'pending_since'));
      expect(Math.abs(since / 1e6 - Date.now())).toBeLessThan(10_000); // nanoseconds
      const [byGo, byUs] = [both.side('Go').inspector, both.side('ours').inspector];
      const lower = await byGo.latencyMs(task.queue);
      const between = await byUs.latencyMs(task.queue);
      expect(between).toBeGreaterThanOrEqual(lower - 1);
      expect(between).toBeLessThanOrEqual((await byGo.latencyMs(task.queue)) + 1);
    });
  });

  describe.each(PAIRS)('after %s, by %s', (first, second) => {
    it('is refused under a taken id, in whatever state', async () => {
      const queue = newQueue();
      const states = await oneInEachState(first, queue);
      for (const [state, task] of Object.entries(states)) {
        const before = await both.seen(queue, task.id, state as keyof typeof states);
        const again = { ...task, payload: Buffer.from('another'), processAt: undefined };
        expect({ state, result: await both.side(second).enqueue(again) }).toEqual({
          state,
          result: 'duplicate-id',
        });
        const later = { ...again, processAt: Date.now() + HOUR };
        expect({ state, result: await both.side(second).enqueue(later) }).toEqual({
          state,
          result: 'duplicate-id',
        });
        expect(await both.look(queue, task.id)).toEqual(before);
      }
    });

    it('is refused while a unique task of the same type and payload lies there', async () => {
      const queue = newQueue();
      const unique = (more: Partial<NewTask> = {}): NewTask =>
        scripted(queue, { result: 'ok' }, { uniqueForMs: 60_000, ...more });
      expect(await both.side(first).enqueue(unique())).toBe('enqueued');
      expect(await both.side(second).enqueue(unique())).toBe('not-unique');
      expect(await both.side(second).enqueue(unique({ processAt: Date.now() + HOUR }))).toBe('not-unique');
      expect(await both.side(second).enqueue(unique({ type: 'another' }))).toBe('enqueued');
      expect(await both.side(second).enqueue(unique({ payload: Buffer.from('{}') }))).toBe('enqueued');
      expect(await both.side(second).enqueue(unique({ uniqueForMs: undefined }))).toBe('enqueued');
      await both.work(second, { queues: { [queue]: 1 } });
      await eventually(async () => expect((await both.lookAt(queue)).processed).toBe(4));
      expect(await both.side(first).enqueue(unique())).toBe('enqueued');
    });

    it('keeps out another scheduled one until its lock ends', async () => {
      const queue = newQueue();
      const lasting = scripted(queue, {}, { uniqueForMs: HOUR, processAt: Date.now() + HOUR });
      expect(await both.side(first).enqueue(lasting)).toBe('enqueued');
      expect(await both.side(second).enqueue({ ...lasting, id: 'a:1' })).toBe('not-unique');
      const [lock] = await both.redis.keys(`asynq:{${queue}}:unique:*`);
      const left = await both.redis.pttl(lock!);
      expect(left).toBeGreaterThan(2 * HOUR - 20_000);
      expect(left).toBeLessThanOrEqual(2 * HOUR + 1_000);
      await both.redis.pexpire(lock!, 1); // its time has come
      await eventually(async () => expect(await both.redis.exists(lock!)).toBe(0));
      expect(await both.side(second).enqueue({ ...lasting, id: 'a:1' })).toBe('enqueued');
    });
  });

  it('by enqueueMany is paged by Go in order and done by a Go worker in order', async () => {
    const queue = newQueue();
    const tasks = Array.from({ length: 700 }, (_, i) =>
      scripted(
        queue,
        {},
        { id: `many-${i}:1`, payload: Buffer.from(JSON.stringify({ i })), retentionMs: HOUR },
      ),
    );
    expect(await both.ours.enqueueMany(tasks)).toEqual(tasks.map(() => 'enqueued'));
    const page = await both.side('Go').inspector.list(queue, 'pending', { number: 2, size: 300 });
    expect(page.map(({ id }) => id)).toEqual(tasks.slice(300, 600).map(({ id }) => id));
    const worker = await both.work('Go', { queues: { [queue]: 1 }, concurrency: 1 });
    await worker.attempts.ended('many-699:1');
    expect(worker.attempts.begun.map(({ task }) => task)).toEqual(tasks.map(({ id }) => id));
    await eventually(async () => expect((await both.lookAt(queue)).counts.completed).toBe(700));
  });

  /** Tasks of `by`, enqueued and worked by it alone. */
  async function oneInEachState(by: SideName, queue: string) {
    const side = both.side(by);
    const add = async (...args: [Parameters<typeof scripted>[1]?, Partial<NewTask>?]): Promise<NewTask> => {
      const task = scripted(queue, ...args);
      expect(await side.enqueue(task)).toBe('enqueued');
      return task;
    };
    const worker = await both.work(by, { queues: { [queue]: 1 }, retryDelayMs: HOUR });
    const retry = await add({ failures: 9, message: 'no answer' });
    const archived = await add({ failures: 9, message: 'no answer' }, { maxRetries: 0 });
    const completed = await add({ result: 'ok' }, { retentionMs: HOUR });
    const active = await add({ hold: true });
    await Promise.all([retry, archived, completed].map(({ id }) => worker.attempts.ended(id)));
    await worker.attempts.began(active.id);
    await side.inspector.pause(queue);
    const scheduled = await add({}, { processAt: Date.now() + HOUR });
    return { pending: await add(), scheduled, active, retry, archived, completed };
  }
});
