import { describe, expect, it } from '@jest/globals';
import type { NewTask } from '../../src/ports/task-queue.port.js';
import { eventually } from '../support/eventually.js';
import { describeWithServers } from '../support/servers/index.js';
import { Both, DIRECTIONS, newQueue, scripted, type SideName } from './sides/both.js';
import type { Worker } from './sides/side.js';

describeWithServers(['redis', 'asynq-go'], 'conformance with Asynq: workers', () => {
  const both = Both.open();

  async function enqueued(by: SideName, count: number, queue: string): Promise<NewTask[]> {
    const tasks = Array.from({ length: count }, () => scripted(queue));
    for (const task of tasks) expect(await both.side(by).enqueue(task)).toBe('enqueued');
    return tasks;
  }

  /** The queues of the first `count` attempts, in order. */
  async function firstQueues(worker: Worker, count: number): Promise<string[]> {
    const { begun } = worker.attempts;
    await eventually(() => expect(begun.length).toBeGreaterThanOrEqual(count));
    return begun.slice(0, count).map(({ queue }) => queue);
  }

  describe.each(DIRECTIONS)('%s enqueues, %s works:', (from, to) => {
    it('within a queue the oldest goes first', async () => {
      const queue = newQueue();
      const tasks = await enqueued(from, 10, queue);
      const worker = await both.work(to, { queues: { [queue]: 1 }, concurrency: 1 });
      await firstQueues(worker, 10);
      expect(worker.attempts.begun.map(({ task }) => task)).toEqual(tasks.map(({ id }) => id));
    });

    it('strictly, a queue is asked only when those above it are empty', async () => {
      const [low, middle, high] = [newQueue(), newQueue(), newQueue()];
      for (const queue of [low, middle, high]) await enqueued(from, 5, queue);
      const queues = { [low]: 1, [middle]: 2, [high]: 9 };
      const worker = await both.work(to, { queues, strict: true, concurrency: 1 });
      const expected = [high, middle, low].flatMap((queue) => Array.from({ length: 5 }, () => queue));
      expect(await firstQueues(worker, 15)).toEqual(expected);
    });

    it('by weight, all queues have their share', async () => {
      const [small, large] = [newQueue(), newQueue()];
      for (const queue of [small, large]) await enqueued(from, 80, queue);
      const worker = await both.work(to, { queues: { [small]: 1, [large]: 3 }, concurrency: 1 });
      const order = await firstQueues(worker, 80);
      const share = order.filter((queue) => queue === large).length;
      expect(share).toBeGreaterThan(40); // 60 on average; outside of these bounds once in some millions
      expect(share).toBeLessThan(80);
    });

    it('no more are taken than there are places', async () => {
      const queue = newQueue();
      const tasks = Array.from({ length: 5 }, () => scripted(queue, { hold: true }));
      for (const task of tasks) await both.side(from).enqueue(task);
      const worker = await both.work(to, { queues: { [queue]: 1 }, concurrency: 2 });
      await Promise.all(tasks.slice(0, 2).map(({ id }) => worker.attempts.began(id)));
      expect((await both.lookAt(queue)).counts).toMatchObject({ active: 2, pending: 3 });
      await worker.release(tasks[0]!.id);
      await worker.attempts.began(tasks[2]!.id);
      await both.gone(queue, tasks[0]!.id);
      expect((await both.lookAt(queue)).counts).toMatchObject({ active: 2, pending: 2 });
    });

    it('a worker that stops puts back what it cannot finish, to the head, and the other side takes it', async () => {
      const queue = newQueue();
      const held = scripted(queue, { hold: true, deaf: true });
      await both.side(from).enqueue(held);
      const leaving = await both.work(to, { queues: { [queue]: 1 }, concurrency: 1, graceMs: 100 });
      await leaving.attempts.began(held.id);
      const [next] = await enqueued(from, 1, queue);
      await leaving.stop();
      expect(await both.look(queue, held.id)).toMatchObject({ state: 'pending', retried: 0, lastError: '' });
      expect(await both.lookAt(queue)).toMatchObject({ counts: { active: 0, pending: 2 }, processed: 0 });
      const taking = await both.work(from, { queues: { [queue]: 1 }, concurrency: 1 });
      await taking.attempts.began(held.id);
      await taking.release(held.id);
      await taking.attempts.began(next!.id);
      expect(taking.attempts.begun.map(({ task }) => task)).toEqual([held.id, next!.id]);
    });

    it('a running worker and its tasks are on record for the other side, until it stops', async () => {
      const [queue, other] = [newQueue(), newQueue()];
      const task = scripted(queue, { hold: true });
      await both.side(from).enqueue(task);
      const queues = { [queue]: 5, [other]: 2 };
      const worker = await both.work(to, { queues, strict: true, concurrency: 7 });
      const { deadline } = await worker.attempts.began(task.id);
      const mine = async () => {
        const found = await both.side(from).inspector.servers(queue);
        expect(found).toHaveLength(1);
        expect(found[0]!.workers).toHaveLength(1); // the next heartbeat tells it
        return found[0]!;
      };
      const record = await eventually(mine);
      expect(record).toEqual({
        id: expect.stringMatching(/./),
        host: expect.stringMatching(/./),
        pid: expect.any(Number),
        concurrency: 7,
        queues,
        isStrict: true,
        status: 'active',
        startedAt: expect.any(Number),
        workers: [
          {
            task: task.id,
            type: task.type,
            payload: task.payload.toString('base64'),
            queue,
            startedAt: expect.any(Number),
            deadline: expect.any(Number),
          },
        ],
      });
      for (const at of [record.startedAt, record.workers[0]!.startedAt])
        expect(Math.abs(at - Date.now())).toBeLessThan(20_000);
      expect(Math.abs(record.workers[0]!.deadline - deadline)).toBeLessThan(1_001);
      await worker.release(task.id);
      await both.gone(queue, task.id);
      await worker.stop();
      expect(await both.side(from).inspector.servers(queue)).toEqual([]);
    });
  });
});
