import { describe, expect, it } from '@jest/globals';
import { describeWithServers } from '../support/servers/index.js';
import { Both, DIRECTIONS, newQueue, scripted } from './sides/both.js';

const HOUR = 3_600_000;
/** Both libraries keep whole seconds, and this test takes some time itself. */
const SLACK_MS = 5_000;

describeWithServers(['redis', 'asynq-go'], 'conformance with Asynq', () => {
  const both = Both.open();

  describe.each(DIRECTIONS)('%s enqueues, %s works:', (from, to) => {
    it('a task reaches the handler whole, and is forgotten when it is done', async () => {
      const queue = newQueue();
      const headers = { 'trace-id': 'a1', größe: '✓ 10 €' };
      const task = scripted(queue, {}, { headers, timeoutMs: 60_000, maxRetries: 7 });
      await both.side(from).enqueue(task);
      const before = Date.now();
      const { attempts } = await both.work(to, { queues: { [queue]: 1 } });
      const { deadline, ...begun } = await attempts.began(task.id);
      expect(begun).toEqual({
        event: 'begin',
        task: task.id,
        type: task.type,
        payload: task.payload.toString('base64'),
        headers,
        queue,
        retried: 0,
        maxRetries: 7,
      });
      expect(deadline).toBeGreaterThan(before + 60_000 - 1_000);
      expect(deadline).toBeLessThan(Date.now() + 60_000 + 1_000);
      await both.gone(queue, task.id);
      expect(await both.lookAt(queue)).toEqual({
        name: queue,
        isPaused: false,
        counts: { pending: 0, active: 0, scheduled: 0, retry: 0, archived: 0, completed: 0 },
        processedToday: 1,
        failedToday: 0,
        processed: 1,
        failed: 0,
      });
      expect(await both.redis.keys(`asynq:{${queue}}:t:*`)).toEqual([]);
    });

    it('its result is kept for the retention, then swept', async () => {
      const queue = newQueue();
      const kept = scripted(queue, { result: 'took 12 ms ✓' }, { retentionMs: HOUR });
      const swept = scripted(queue, { result: 'x' }, { retentionMs: 1_000 });
      await both.side(from).enqueue(kept);
      await both.side(from).enqueue(swept);
      await both.work(to, { queues: { [queue]: 1 } });
      const seen = await both.seen(queue, kept.id, 'completed');
      expect(seen).toMatchObject({ result: 'took 12 ms ✓', retentionMs: HOUR, retried: 0, lastError: '' });
      expectNear(seen.completedAt, Date.now());
      await both.gone(queue, swept.id);
      expect((await both.lookAt(queue)).counts).toMatchObject({ completed: 1 });
    });

    it('a failed attempt waits for its retry, with its error, and the next one may succeed', async () => {
      const queue = newQueue();
      const task = scripted(
        queue,
        { failures: 1, message: 'no answer', result: 'ok' },
        { retentionMs: HOUR },
      );
      await both.side(from).enqueue(task);
      const worker = await both.work(to, { queues: { [queue]: 1 }, retryDelayMs: HOUR });
      const seen = await both.seen(queue, task.id, 'retry');
      expect(seen).toMatchObject({ retried: 1, maxRetries: 3, lastError: 'no answer', completedAt: null });
      expectNear(seen.lastFailedAt, Date.now());
      expectNear(seen.nextAt, Date.now() + HOUR);
      expect(await both.lookAt(queue)).toMatchObject({ processed: 1, failed: 1, counts: { retry: 1 } });
      expect(await both.side(from).inspector.change('run', queue, task.id)).toBe('done');
      expect(await worker.attempts.began(task.id, 2)).toMatchObject({ retried: 1 });
      // the last error is not forgotten by success
      expect(await both.seen(queue, task.id, 'completed')).toMatchObject({
        retried: 1,
        lastError: 'no answer',
        result: 'ok',
      });
    });

    it('retries begin by themselves, and the last one that fails is archived', async () => {
      const queue = newQueue();
      const task = scripted(queue, { failures: 9, message: 'no answer' }, { maxRetries: 2 });
      await both.side(from).enqueue(task);
      const { attempts } = await both.work(to, { queues: { [queue]: 1 }, retryDelayMs: 0 });
      await attempts.ended(task.id, 3);
      const seen = await both.seen(queue, task.id, 'archived');
      expect(seen).toMatchObject({ retried: 2, maxRetries: 2, lastError: 'no answer' });
      expectNear(seen.lastFailedAt, Date.now());
      expect(attempts.begun.map(({ retried }) => retried)).toEqual([0, 1, 2]);
      expect(await both.lookAt(queue)).toMatchObject({ processed: 3, failed: 3, failedToday: 3 });
    });

    it('a handler archives at once by its verdict, and a thrown error is a failed attempt', async () => {
      const queue = newQueue();
      const skipped = scripted(queue, { failures: 1, skipRetry: true, message: 'never again' });
      const thrown = scripted(queue, { panic: 'out of range' });
      await both.side(from).enqueue(skipped);
      await both.side(from).enqueue(thrown);
      await both.work(to, { queues: { [queue]: 1 }, retryDelayMs: HOUR });
      expect((await both.seen(queue, skipped.id, 'archived')).lastError).toContain('never again');
      expect((await both.seen(queue, thrown.id, 'retry')).lastError).toContain('out of range');
    });

    it('a failure that does not count leaves retries and counters alone', async () => {
      const queue = newQueue();
      const task = scripted(queue, { failures: 9, message: 'too busy' }, { maxRetries: 1 });
      await both.side(from).enqueue(task);
      await both.work(to, { queues: { [queue]: 1 }, retryDelayMs: HOUR, spareTheFailed: true });
      expect(await both.seen(queue, task.id, 'retry')).toMatchObject({ retried: 0, lastError: 'too busy' });
      expect(await both.lookAt(queue)).toMatchObject({ processed: 0, failed: 0 });
    });

    it('an attempt is aborted at its timeout or its deadline, as a failed one', async () => {
      const queue = newQueue();
      const late = scripted(queue, { hold: true }, { timeoutMs: 1_000 });
      const deadlineAt = Math.ceil(Date.now() / 1000) * 1000 + 1_000;
      const over = scripted(queue, { hold: true }, { deadlineAt });
      await both.side(from).enqueue(late);
      await both.side(from).enqueue(over);
      const { attempts } = await both.work(to, { queues: { [queue]: 1 }, retryDelayMs: HOUR });
      expect((await attempts.began(over.id)).deadline).toBe(deadlineAt);
      const seen = await Promise.all([late, over].map(({ id }) => both.seen(queue, id, 'retry')));
      expect(seen.map(({ lastError }) => lastError)).toEqual([
        expect.stringContaining('deadline exceeded'),
        expect.stringContaining('deadline exceeded'),
      ]);
      expect(Date.now()).toBeGreaterThanOrEqual(deadlineAt);
      expect(await both.lookAt(queue)).toMatchObject({ failed: 2, counts: { retry: 2, active: 0 } });
    });

    it('a scheduled task runs when its time has come', async () => {
      const queue = newQueue();
      const { attempts } = await both.work(to, { queues: { [queue]: 1 } });
      const processAt = Math.ceil(Date.now() / 1000) * 1000 + 1_000;
      const task = scripted(queue, {}, { processAt });
      await both.side(from).enqueue(task);
      expect(await both.look(queue, task.id)).toMatchObject({ state: 'scheduled', nextAt: processAt });
      await attempts.began(task.id);
      expect(Date.now()).toBeGreaterThanOrEqual(processAt);
    });

    it('a unique lock is kept for retries and given back when the task is done', async () => {
      const queue = newQueue();
      const task = scripted(queue, { failures: 1, message: 'no answer' }, { uniqueForMs: HOUR });
      await both.side(from).enqueue(task);
      await both.work(to, { queues: { [queue]: 1 }, retryDelayMs: HOUR });
      await both.seen(queue, task.id, 'retry');
      expect(await both.side(from).enqueue({ ...task, id: 'other:1' })).toBe('not-unique');
      await both.side(to).inspector.change('run', queue, task.id);
      await both.gone(queue, task.id);
      expect(await both.redis.keys(`asynq:{${queue}}:unique:*`)).toEqual([]);
    });
  });
});

function expectNear(ms: number | null, wanted: number): void {
  expect(Math.abs((ms ?? 0) - wanted)).toBeLessThan(SLACK_MS);
}
