import { TASK_STATES, type TaskState } from '../../src/ports/task-queue.port.js';
import { HOUR, task, type Suite } from './task-queue.support.js';

const ALL = { number: 1, size: 100 };

/** What the inspector shows. */
export function inspecting(suite: Suite): void {
  const { facts } = suite;
  const inspector = () => suite.queue.inspector;
  const queueView = async (name: string) => (await inspector().queues()).find((each) => each.name === name);

  it(
    'counts the tasks of each state',
    async () => {
      const name = suite.newName();
      expect(await queueView(name)).toBeUndefined();
      for (const state of ['completed', 'archived', 'retry', 'active', 'pending', 'scheduled'] as const) {
        if (state === 'pending') await inspector().pause(name);
        await suite.bring(state, name);
      }
      expect(await queueView(name)).toMatchObject({
        name,
        isPaused: true,
        counts: { pending: 1, active: 1, scheduled: 1, retry: 1, archived: 1, completed: 1 },
        processed: 3,
        failed: 2,
        processedToday: 3,
        failedToday: 2,
      });
      await inspector().resume(name);
    },
    facts.timeoutMs,
  );

  it(
    'tells how long the oldest pending task waits',
    async () => {
      const name = suite.newName();
      const before = Date.now();
      await suite.enqueue(task(name));
      await inspector().pause(name);
      await suite.enqueue(task(name));
      const latency = async () => (await queueView(name))!.latencyMs;
      const { inbox } = suite.work(name);
      await inbox.until(async () => expect(await latency()).toBeGreaterThanOrEqual(50));
      expect(await latency()).toBeLessThanOrEqual(Date.now() - before + 1);
      await inspector().resume(name);
      await inbox.has(2);
      expect(await latency()).toBe(0);
    },
    facts.timeoutMs,
  );

  it.each(TASK_STATES)(
    'shows a task that is %s',
    async (state) => {
      const name = suite.newName();
      const headers = { a: 'ü 📦' };
      const payload = Buffer.from([0xff, 0, 0xc3]);
      const { id, type } = await suite.bring(state, name, { headers, payload });
      const view = await inspector().get(name, id);
      expect(view).toMatchObject({ id, queue: name, type, headers, state, maxRetries: 3 });
      expect(view.payload.equals(payload)).toBe(true);
      expect(view.retried).toBe(state === 'retry' ? 1 : 0);
      const failed = state === 'retry' || state === 'archived';
      expect(view.lastError !== null && view.lastFailedAt !== null).toBe(failed);
      expect(view.completedAt !== null && view.result !== null).toBe(state === 'completed');
      expect(view.nextAt !== null).toBe(state === 'scheduled' || state === 'retry');
      const states = await Promise.all(
        TASK_STATES.map(async (each) => [each, (await inspector().list(name, each, ALL)).length]),
      );
      expect(Object.fromEntries(states)).toEqual(
        Object.fromEntries(TASK_STATES.map((each) => [each, each === state ? 1 : 0])),
      );
      expect(await inspector().list(name, state, ALL)).toEqual([view]);
    },
    facts.timeoutMs,
  );

  it(
    'lists pending tasks in pages, the next to run first',
    async () => {
      const name = suite.newName();
      const tasks = Array.from({ length: 25 }, () => task(name));
      await suite.enqueue(...tasks);
      expect(await pages(name, 'pending', 10)).toEqual(tasks.map(({ id }) => id));
    },
    facts.timeoutMs,
  );

  it(
    'lists scheduled tasks in pages, by their time',
    async () => {
      const name = suite.newName();
      const start = Date.now() + HOUR;
      const minutes = [3, 1, 4, 15, 9, 2, 6, 5, 35, 8];
      const tasks = minutes.map((minute) => task(name, { processAt: start + minute * 60_000 }));
      await suite.enqueue(...tasks);
      const sorted = tasks.sort((a, b) => a.processAt! - b.processAt!);
      expect(await pages(name, 'scheduled', 4)).toEqual(sorted.map(({ id }) => id));
      const [first] = await inspector().list(name, 'scheduled', { number: 1, size: 1 });
      expect(Math.abs(first!.nextAt! - sorted[0]!.processAt!)).toBeLessThanOrEqual(1_000);
    },
    facts.timeoutMs,
  );

  it(
    'knows no queue and no task that never was',
    async () => {
      const name = suite.newName();
      const NO_QUEUE = { code: 'QUEUE_UNKNOWN', retryable: false };
      const look = inspector();
      await expect(look.list(name, 'pending', ALL)).rejects.toMatchObject(NO_QUEUE);
      await expect(look.pause(name)).rejects.toMatchObject(NO_QUEUE);
      await expect(look.resume(name)).rejects.toMatchObject(NO_QUEUE);
      const calls = ['get', 'run', 'archive', 'delete', 'cancel'] as const;
      for (const call of calls) await expect(look[call](name, 'x')).rejects.toMatchObject(NO_QUEUE);
      await suite.enqueue(task(name));
      for (const call of calls)
        await expect(look[call](name, 'x')).rejects.toMatchObject({ code: 'TASK_UNKNOWN', retryable: false });
      expect(await look.list(name, 'archived', ALL)).toEqual([]);
      expect(await look.list(name, 'pending', { number: 2, size: 1 })).toEqual([]);
    },
    facts.timeoutMs,
  );

  it.each([
    ['page 0', { number: 0, size: 10 }],
    ['half a page', { number: 1.5, size: 10 }],
    ['a page that is no number', { number: NaN, size: 10 }],
    ['a page beyond all numbers', { number: 2 ** 53, size: 10 }],
    ['no size', { number: 1, size: 0 }],
    ['a size of 1,001', { number: 1, size: 1_001 }],
  ])(
    'refuses to list %s',
    async (_what, page) => {
      const name = suite.newName();
      await suite.enqueue(task(name));
      await expect(inspector().list(name, 'pending', page)).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
        retryable: false,
        message: expect.stringMatching(/^page\.(number|size) must be a whole number/),
      });
      expect(await inspector().list(name, 'pending', { number: 1, size: 1_000 })).toHaveLength(1);
    },
    facts.timeoutMs,
  );

  const pages = async (name: string, state: TaskState, size: number) => {
    const ids: string[] = [];
    for (let number = 1; ; number++) {
      const page = await inspector().list(name, state, { number, size });
      ids.push(...page.map(({ id }) => id));
      if (page.length < size) return ids;
    }
  };
}
