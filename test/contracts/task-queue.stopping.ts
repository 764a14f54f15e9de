import { setTimeout as delay } from 'node:timers/promises';
import { DONE, HOUR, gate, task, untilAborted, type Suite } from './task-queue.support.js';

/** How a worker ends, and the port. */
export function stopping(suite: Suite): void {
  const { facts } = suite;

  it(
    'takes no more, and waits for what is in hand',
    async () => {
      const name = suite.newName();
      const door = gate();
      const { inbox, worker } = suite.work(
        name,
        async () => {
          await door.opened;
          return DONE;
        },
        { concurrency: 2 },
      );
      const tasks = Array.from({ length: 4 }, () => task(name, { retentionMs: HOUR }));
      await suite.enqueue(...tasks);
      await inbox.has(2);
      const stopped = worker.stop(facts.patienceMs);
      await suite.enqueue(task(name));
      door.open();
      expect(await stopped).toBe(0);
      expect(await worker.stop(0)).toBe(0);
      expect(worker.inHand).toBe(0);
      await delay(200);
      expect(inbox.ids).toEqual(tasks.slice(0, 2).map(({ id }) => id));
      for (const id of inbox.ids)
        expect(await suite.queue.inspector.get(name, id)).toMatchObject({ state: 'completed' });
    },
    facts.timeoutMs,
  );

  it(
    'past its deadline aborts what is in hand and puts it back to the head, as if it had never begun',
    async () => {
      const name = suite.newName();
      const { inbox, worker } = suite.work(name, (_task, signal) => untilAborted(signal), { concurrency: 2 });
      const tasks = Array.from({ length: 5 }, () => task(name));
      await suite.enqueue(...tasks);
      await inbox.has(2);
      expect(await worker.stop(100)).toBe(2);
      expect(inbox.signals.map(({ aborted }) => aborted)).toEqual([true, true]);
      const [view] = (await suite.queue.inspector.queues()).filter((each) => each.name === name);
      expect(view).toMatchObject({ processed: 0, failed: 0, counts: { pending: 5, active: 0, retry: 0 } });

      const next = suite.work(name, undefined, { concurrency: 1 });
      await next.inbox.has(5);
      const ids = tasks.map(({ id }) => id);
      expect(next.inbox.ids.slice(0, 2).sort()).toEqual(ids.slice(0, 2).sort());
      expect(next.inbox.ids.slice(2)).toEqual(ids.slice(2));
      expect(next.inbox.got.every(({ retried }) => retried === 0)).toBe(true);
    },
    facts.timeoutMs,
  );

  it(
    'does not wait for a handler that hears nothing',
    async () => {
      const name = suite.newName();
      const { inbox, worker } = suite.work(name, () => new Promise(() => undefined));
      const one = task(name);
      await suite.enqueue(one);
      await inbox.has(1);
      expect(await worker.stop(100)).toBe(1);
      expect(await suite.queue.inspector.get(name, one.id)).toMatchObject({ state: 'pending', retried: 0 });
    },
    facts.timeoutMs,
  );

  it(
    'closes with its workers, and takes nothing any more',
    async () => {
      const port = await suite.open();
      const name = port.newName();
      const door = gate();
      const { inbox } = suite.work(name, () => door.opened.then(() => DONE), {}, port.queue);
      await port.queue.enqueueMany([task(name)]);
      await inbox.has(1);
      const closed = port.queue.close(facts.patienceMs);
      const late = () => port.queue.enqueueMany([task(name)]);
      await expect(late()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
      expect(() => suite.work(name, undefined, {}, port.queue)).toThrow(
        expect.objectContaining({ code: 'SHUTTING_DOWN' }),
      );
      door.open();
      expect(await closed).toBeNull();
      await expect(late()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
      await port.close();
    },
    facts.timeoutMs,
  );

  it(
    'says how many tasks were not done when its time was up',
    async () => {
      const port = await suite.open();
      const name = port.newName();
      const { inbox } = suite.work(name, (_task, signal) => untilAborted(signal), {}, port.queue);
      await port.queue.enqueueMany([task(name), task(name)]);
      await inbox.has(2);
      expect(await port.queue.close(200)).toEqual(expect.stringMatching(/\b2 tasks/));
      await port.close();
    },
    facts.timeoutMs,
  );
}
