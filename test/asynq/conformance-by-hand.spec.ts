import { describe, expect, it } from '@jest/globals';
import type { NewTask, TaskState } from '../../src/ports/task-queue.port.js';
import { describeWithServers } from '../support/servers/index.js';
import { Both, newQueue, PAIRS, scripted, type SideName } from './sides/both.js';
import type { Inspector } from './sides/side.js';

const HOUR = 3_600_000;
type Change = [state: TaskState, what: Parameters<Inspector['change']>[0], becomes: TaskState | 'gone'];

const CHANGES: Change[] = [
  ['scheduled', 'run', 'pending'],
  ['retry', 'run', 'pending'],
  ['archived', 'run', 'pending'],
  ['pending', 'archive', 'archived'],
  ['scheduled', 'archive', 'archived'],
  ['retry', 'archive', 'archived'],
  ['pending', 'delete', 'gone'],
  ['scheduled', 'delete', 'gone'],
  ['retry', 'delete', 'gone'],
  ['archived', 'delete', 'gone'],
  ['completed', 'delete', 'gone'],
];

describeWithServers(['redis', 'asynq-go'], 'conformance with Asynq: by hand', () => {
  const both = Both.open();

  /** A queue with a task in the state, brought there by `by` alone; nobody works on it any more. */
  async function taskIn(state: TaskState, by: SideName, more: Partial<NewTask> = {}): Promise<NewTask> {
    const queue = newQueue();
    const scripts = { retry: { failures: 1, message: 'no answer' }, completed: { result: 'ok' } };
    const script = state === 'archived' ? scripts.retry : scripts[state as keyof typeof scripts];
    const task = scripted(queue, script, { retentionMs: HOUR, ...more });
    if (state === 'scheduled') task.processAt = Date.now() + HOUR;
    if (state === 'archived') task.maxRetries = 0;
    await both.side(by).enqueue(task);
    if (state === 'pending' || state === 'scheduled') return task;
    const worker = await both.work(by, { queues: { [queue]: 1 }, retryDelayMs: HOUR });
    await both.seen(queue, task.id, state);
    await worker.stop();
    return task;
  }

  describe.each<SideName>(['Go', 'ours'])('a task of a group of Go, changed by %s', (by) => {
    const ofGroup = (): NewTask => {
      const group = { group: 'g1' }; // known to Go's client alone
      return { ...scripted(newQueue()), ...group };
    };

    it('is read by both, and run or deleted', async () => {
      const [run, deleted] = [ofGroup(), ofGroup()];
      for (const task of [run, deleted]) {
        await both.side('Go').enqueue(task);
        expect(await both.look(task.queue, task.id)).toMatchObject({ state: 'aggregating' });
      }
      expect(await both.side(by).inspector.change('delete', deleted.queue, deleted.id)).toBe('done');
      expect(await both.look(deleted.queue, deleted.id)).toBeNull();
      expect(await both.side(by).inspector.change('run', run.queue, run.id)).toBe('done');
      expect(await both.look(run.queue, run.id)).toMatchObject({ state: 'pending' });
    });
  });

  describe.each(PAIRS)('what lies there from %s, changed by %s', (from, by) => {
    it.each(CHANGES)('%s: %s, becomes %s', async (state, what, becomes) => {
      const { queue, id } = await taskIn(state, from);
      const before = await both.look(queue, id);
      expect(await both.side(by).inspector.change(what, queue, id)).toBe('done');
      const after = await both.look(queue, id);
      const completedAt = before!.completedAt;
      expect(after).toEqual(
        becomes === 'gone' ? null : { ...before, state: becomes, nextAt: null, completedAt },
      );
      const counts = { pending: 0, active: 0, scheduled: 0, retry: 0, archived: 0, completed: 0 };
      expect((await both.lookAt(queue)).counts).toEqual(
        becomes === 'gone' ? counts : { ...counts, [becomes]: 1 },
      );
      // the other side works with what was made of it
      if (becomes !== 'pending') return;
      const { attempts } = await both.work(by === 'Go' ? 'ours' : 'Go', { queues: { [queue]: 1 } });
      await attempts.ended(id);
    });

    it('what is not there, or not in that state, is refused', async () => {
      const { queue, id } = await taskIn('pending', from);
      const { inspector } = both.side(by);
      const change: typeof inspector.change = (what, queue, id) => inspector.change(what, queue, id);
      expect(await change('run', queue, id)).toBe('wrong-state');
      for (const what of ['run', 'archive', 'delete'] as const) {
        expect(await change(what, queue, 'nobody:1')).toBe('task-unknown');
        expect(await change(what, newQueue(), id)).toBe('queue-unknown');
      }
      const held = scripted(newQueue(), { hold: true });
      await both.side(from).enqueue(held);
      const worker = await both.work(from, { queues: { [held.queue]: 1 } });
      await worker.attempts.began(held.id);
      for (const what of ['run', 'archive', 'delete'] as const)
        expect(await change(what, held.queue, held.id)).toBe('wrong-state');
      expect(await both.look(held.queue, held.id)).toMatchObject({ state: 'active' });
      await worker.release(held.id);
      await both.gone(held.queue, held.id);
    });

    it('a deleted unique task gives its lock back', async () => {
      const task = await taskIn('pending', from, { uniqueForMs: HOUR });
      await both.side(by).inspector.change('delete', task.queue, task.id);
      expect(await both.side(by).enqueue({ ...task, id: 'other:1' })).toBe('enqueued');
    });

    it('an active task is cancelled, which is a failed attempt', async () => {
      const task = scripted(newQueue(), { hold: true });
      await both.side(from).enqueue(task);
      const worker = await both.work(from, { queues: { [task.queue]: 1 }, retryDelayMs: HOUR });
      await worker.attempts.began(task.id);
      await both.side(by).inspector.cancel(task.queue, task.id);
      const seen = await both.seen(task.queue, task.id, 'retry');
      expect(seen).toMatchObject({ retried: 1, lastError: expect.stringContaining('cancel') });
    });

    it('of a paused queue no task begins until it is resumed', async () => {
      const [paused, next] = [scripted(newQueue()), scripted(newQueue())];
      await both.side(from).enqueue(paused);
      await both.side(by).inspector.pause(paused.queue);
      expect(await both.lookAt(paused.queue)).toMatchObject({ isPaused: true, counts: { pending: 1 } });
      const queues = { [paused.queue]: 2, [next.queue]: 1 };
      const { attempts } = await both.work(from, { queues, strict: true });
      await both.side(from).enqueue(next);
      await attempts.ended(next.id); // it was asked after the paused one, which comes first
      expect(await both.look(paused.queue, paused.id)).toMatchObject({ state: 'pending' });
      await both.side(by).inspector.resume(paused.queue);
      await attempts.ended(paused.id);
      expect(await both.lookAt(paused.queue)).toMatchObject({ isPaused: false });
    });

    it('tasks of every state are listed in the same order, page by page', async () => {
      const queue = newQueue();
      const later = (i: number): Partial<NewTask> => ({
        processAt: (Math.ceil(Date.now() / HOUR) + i) * HOUR,
      });
      for (let i = 5; i > 0; i--) await both.side(from).enqueue(scripted(queue, {}, later(i)));
      for (let i = 0; i < 5; i++) await both.side(by).enqueue(scripted(queue));
      for (const state of ['pending', 'scheduled'] as const) {
        const pages = [1, 2, 3].map((number) => both.lookThrough(queue, state, { number, size: 2 }));
        const lengths = (await Promise.all(pages)).map(({ length }) => length);
        expect(lengths).toEqual([2, 2, 1]);
      }
    });
  });
});
