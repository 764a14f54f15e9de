import { setTimeout as delay } from 'node:timers/promises';
import type { WorkOptions } from '../../src/ports/task-queue.port.js';
import { DONE, HOUR, gate, task, untilAborted, type Answer, type Suite } from './task-queue.support.js';

const tasksOf = (name: string, count: number) => Array.from({ length: count }, () => task(name));

/** Who is handed what, when, and how an attempt ends. */
export function working(suite: Suite): void {
  const { facts } = suite;

  it(
    'takes no more than there are free places, and fills each that gets free',
    async () => {
      const name = suite.newName();
      const doors = new Map<string, () => void>();
      const { inbox, worker } = suite.work(
        name,
        async ({ id }) => {
          const door = gate();
          doors.set(id, door.open);
          await door.opened;
          return DONE;
        },
        { concurrency: 3 },
      );
      const tasks = tasksOf(name, 10);
      await suite.enqueue(...tasks);
      await inbox.has(3);
      expect(worker.inHand).toBe(3);
      for (let taken = 3; taken < 10; taken++) {
        const [id, open] = [...doors][0]!;
        doors.delete(id);
        open();
        await inbox.has(taken + 1);
      }
      for (const open of doors.values()) open();
      await inbox.until(() => expect(worker.inHand).toBe(0));
      expect(inbox.mostInHand).toBe(3);
      expect(inbox.ids.sort()).toEqual(tasks.map(({ id }) => id).sort());
    },
    facts.timeoutMs,
  );

  it(
    'hands each task to one of many workers',
    async () => {
      const name = suite.newName();
      const workers = Array.from({ length: 4 }, () => suite.work(name, undefined, { concurrency: 7 }));
      const tasks = tasksOf(name, 1_000);
      for (let i = 0; i < 10; i++) await suite.enqueue(...tasks.slice(i * 100, (i + 1) * 100));
      const ids = () => workers.flatMap(({ inbox }) => inbox.ids);
      await workers[0]!.inbox.until(() => expect(ids().length).toBeGreaterThanOrEqual(1_000));
      expect(ids().sort()).toEqual(tasks.map(({ id }) => id).sort());
      await workers[0]!.inbox.until(async () => {
        const view = (await suite.queue.inspector.queues()).find((each) => each.name === name);
        expect(view).toMatchObject({ processed: 1_000, failed: 0, counts: { pending: 0, active: 0 } });
      });
    },
    facts.timeoutMs,
  );

  it(
    'asks queues strictly',
    async () => {
      const [low, high] = [suite.newName(), suite.newName()];
      await suite.enqueue(...tasksOf(low, 20), ...tasksOf(high, 20));
      const { inbox } = suite.work(low, undefined, {
        queues: { [low]: 1, [high]: 2 },
        strict: true,
        concurrency: 1,
      });
      await inbox.has(40);
      expect(inbox.got.slice(0, 20).every(({ queue }) => queue === high)).toBe(true);
    },
    facts.timeoutMs,
  );

  it(
    'asks queues by weight, and starves none',
    async () => {
      const [low, high] = [suite.newName(), suite.newName()];
      await suite.enqueue(...tasksOf(low, 300), ...tasksOf(high, 300));
      const queues = { [low]: 1, [high]: 4 };
      const { inbox } = suite.work(low, undefined, { queues, concurrency: 1 });
      await inbox.has(600);
      // 80 of 100 may be expected; 55 or 100 are as good as impossible.
      const among = inbox.got.slice(0, 100).filter(({ queue }) => queue === high).length;
      expect(among).toBeGreaterThan(55);
      expect(among).toBeLessThan(100);
    },
    facts.timeoutMs,
  );

  it(
    'begins nothing while the queue is paused; what is in hand goes on',
    async () => {
      const name = suite.newName();
      const door = gate();
      const { inbox } = suite.work(name, async () => {
        await door.opened;
        return DONE;
      });
      const [first, second] = [task(name, { retentionMs: HOUR }), task(name)];
      await suite.enqueue(first);
      await inbox.has(1);
      await suite.queue.inspector.pause(name);
      await suite.queue.inspector.pause(name);
      await suite.enqueue(second);
      door.open();
      await suite.becomes(name, first.id, 'completed');
      await delay(300);
      expect(inbox.ids).toEqual([first.id]);
      expect(await suite.queue.inspector.get(name, second.id)).toMatchObject({ state: 'pending' });
      await suite.queue.inspector.resume(name);
      await suite.queue.inspector.resume(name);
      await inbox.has(2);
      expect(inbox.ids).toEqual([first.id, second.id]);
    },
    facts.timeoutMs,
  );

  it.each<[what: string, options: Partial<WorkOptions>, field: RegExp]>([
    ['no queues', { queues: {} }, /^queues /],
    ['a queue without a name', { queues: { ' ': 1 } }, /^queues /],
    ['a queue of half a character', { queues: { '\ud800': 1 } }, /^queues /],
    ['a weight of 0', { queues: { low: 0 } }, /^queues\.low /],
    ['a weight that is no number', { queues: { low: NaN } }, /^queues\.low /],
    ['no place', { concurrency: 0 }, /^concurrency /],
    ['half a place', { concurrency: 1.5 }, /^concurrency /],
    ['places that are left out', { concurrency: undefined }, /^concurrency /],
  ])('refuses %s', (_what, options, field) => {
    const working = () => suite.work(suite.newName(), undefined, options);
    const error = { code: 'VALIDATION_FAILED', retryable: false, message: expect.stringMatching(field) };
    expect(working).toThrow(expect.objectContaining(error));
  });

  const late: Answer = async (_task, signal) => {
    await untilAborted(signal);
    return { kind: 'done', result: Buffer.from('too late') };
  };

  it(
    'ends an attempt at its timeout, as a failed one; what it answers then is not heard',
    async () => {
      const name = suite.newName();
      const { inbox } = suite.work(name, late, { retryDelayMs: () => HOUR });
      const one = task(name, { timeoutMs: 1_000 });
      await suite.enqueue(one);
      const view = await suite.becomes(name, one.id, 'retry');
      expect(view).toMatchObject({ retried: 1, lastError: expect.stringMatching(/./), result: null });
      expect(inbox.signals[0]!.aborted).toBe(true);
    },
    facts.timeoutMs,
  );

  it(
    'ends an attempt at its deadline where that is earlier',
    async () => {
      const name = suite.newName();
      const { inbox } = suite.work(name, late, { retryDelayMs: () => HOUR });
      const deadlineAt = Math.ceil(Date.now() / 1000) * 1000 + 1_000;
      const one = task(name, { deadlineAt });
      await suite.enqueue(one);
      const [got] = await inbox.has(1);
      expect(got!.deadline).toBe(deadlineAt);
      await suite.becomes(name, one.id, 'retry');
    },
    facts.timeoutMs,
  );

  it(
    'runs no attempt past the deadline: it fails without a handler',
    async () => {
      const name = suite.newName();
      const { inbox } = suite.work(name);
      const one = task(name, { deadlineAt: Date.now() - 5_000, maxRetries: 0 });
      await suite.enqueue(one);
      expect(await suite.becomes(name, one.id, 'archived')).toMatchObject({ retried: 0 });
      expect(inbox.got).toEqual([]);
    },
    facts.timeoutMs,
  );

  it(
    'aborts an attempt that is cancelled, as a failed one',
    async () => {
      const name = suite.newName();
      const { inbox } = suite.work(name, late, { retryDelayMs: () => HOUR });
      const one = task(name);
      const other = task(name);
      await suite.enqueue(one, other);
      await inbox.has(2);
      await suite.queue.inspector.cancel(name, one.id);
      expect(await suite.becomes(name, one.id, 'retry')).toMatchObject({ retried: 1 });
      expect(await suite.queue.inspector.get(name, other.id)).toMatchObject({ state: 'active' });
    },
    facts.timeoutMs,
  );

  it(
    'keeps the result for as long as the retention',
    async () => {
      const name = suite.newName();
      suite.work(name, () => ({ kind: 'done', result: Buffer.from([0xff, 0, 0xc3]) }));
      const before = Date.now();
      const one = task(name, { retentionMs: HOUR });
      await suite.enqueue(one);
      const view = await suite.becomes(name, one.id, 'completed');
      expect(view.result!.equals(Buffer.from([0xff, 0, 0xc3]))).toBe(true);
      expect(view).toMatchObject({ lastError: null, retried: 0, nextAt: null });
      expect(view.completedAt).toBeGreaterThanOrEqual(before - 1_000);
      expect(view.completedAt).toBeLessThanOrEqual(Date.now() + 1_000);
    },
    facts.timeoutMs,
  );
}
