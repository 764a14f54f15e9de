import { expect, it } from '@jest/globals';
import type { NewTask, TaskState } from '../../src/ports/task-queue.port.js';
import { describeWithServers } from '../support/servers/index.js';
import { Both, newQueue, scripted, type SideName } from './sides/both.js';
import { keysOf, type QueueKeys } from './sides/keys-of.js';
import type { Script } from './sides/scripted-handler.js';
import type { Worker } from './sides/side.js';

const HOUR = 3_600_000;

type Step = (by: SideName, queue: string) => Promise<unknown>;

/** Two queues go through the same, one by Go alone and one by our library alone. */
describeWithServers(['redis', 'asynq-go'], 'conformance with Asynq: the same keys as Go', () => {
  const both = Both.open();

  /** `apart`: a field of the tasks in which we differ on purpose. */
  async function leavesTheSame(steps: Step[], apart?: string): Promise<QueueKeys> {
    const left: QueueKeys[] = [];
    for (const by of ['Go', 'ours'] as const) {
      const queue = newQueue();
      for (const step of steps) await step(by, queue);
      left.push(await keysOf(both.redis, queue, apart));
    }
    expect(left[1]).toEqual(left[0]);
    return left[0]!;
  }

  const add =
    (id: string, script: Script = {}, more: Partial<NewTask> = {}): Step =>
    (by, queue) =>
      both.side(by).enqueue(scripted(queue, script, { ...more, id }));

  const workUntil =
    (states: Record<string, TaskState>, options = {}): Step =>
    async (by, queue) => {
      const worker = await both.work(by, { queues: { [queue]: 1 }, retryDelayMs: HOUR, ...options });
      for (const [id, state] of Object.entries(states)) await both.seen(queue, id, state);
      await worker.stop();
    };

  const change =
    (what: 'run' | 'archive' | 'delete', id: string): Step =>
    (by, queue) =>
      both.side(by).inspector.change(what, queue, id);

  it('for what is enqueued, scheduled and unique', async () => {
    const later = { processAt: Date.now() + HOUR };
    const unique = { uniqueForMs: HOUR };
    const keys = await leavesTheSame([
      add('a:1', {}, { headers: { h: '1' }, retentionMs: HOUR, deadlineAt: Date.now() + HOUR }),
      add('b:1', {}, later),
      add('c:1', { result: 'c' }, unique),
      add('d:1', { result: 'd' }, { ...later, ...unique }),
      add('e:1', { result: 'c' }, unique), // refused
      add('f:1', {}, { ...unique, payload: Buffer.alloc(0) }),
    ]);
    expect(Object.keys(keys)).toHaveLength(10); // pending, scheduled, five tasks, three locks
    expect(keys).toHaveProperty(['unique:monitor:healthcheck:'], expect.objectContaining({ content: 'f:1' }));
  });

  it('for what was retried, archived, completed and done, and the counters', async () => {
    const keys = await leavesTheSame([
      add('a:1', { failures: 1, message: 'no answer' }, { uniqueForMs: HOUR }),
      add('b:1', { failures: 1, message: 'refused' }, { maxRetries: 0, uniqueForMs: HOUR }),
      add('c:1', { result: 'ok' }, { retentionMs: HOUR, uniqueForMs: HOUR }),
      add('e:1', {}, { uniqueForMs: HOUR }),
      workUntil({ 'a:1': 'retry', 'b:1': 'archived', 'c:1': 'completed' }),
    ]);
    expect(Object.keys(keys)).toEqual(
      expect.arrayContaining(['retry', 'archived', 'completed', 'processed']),
    );
  });

  it('for a failure that does not count', async () => {
    const keys = await leavesTheSame([
      add('a:1', { failures: 1, message: 'too busy' }),
      workUntil({ 'a:1': 'retry' }, { spareTheFailed: true }),
    ]);
    expect(Object.keys(keys).sort()).toEqual(['retry', 't:a:1']);
  });

  // A task that is run by hand waits from then on, for us; for Go it has waited since it was enqueued, or never.
  it('for what is run, archived and deleted by hand, and a pause', async () => {
    const later = { processAt: Date.now() + HOUR, uniqueForMs: HOUR };
    const keys = await leavesTheSame(
      [
        add('a:1', { result: 'a' }, later),
        add('b:1', { result: 'b' }, later),
        add('c:1', { result: 'c' }, later),
        add('d:1', { result: 'd' }, { uniqueForMs: HOUR }),
        change('run', 'a:1'),
        change('archive', 'b:1'),
        change('delete', 'c:1'),
        change('archive', 'd:1'),
        (by, queue) => both.side(by).inspector.pause(queue),
      ],
      'pending_since',
    );
    expect(Object.keys(keys)).toEqual(expect.arrayContaining(['pending', 'archived', 'paused']));
  });

  it('for what a worker holds, and puts back when it stops', async () => {
    const held = add('a:1', { hold: true, deaf: true });
    const begin = async (by: SideName, queue: string): Promise<Worker> => {
      const worker = await both.work(by, { queues: { [queue]: 1 } });
      await worker.attempts.began('a:1');
      return worker;
    };
    const beginAndStop: Step = async (by, queue) => (await begin(by, queue)).stop();
    const active = await leavesTheSame([held, begin]);
    expect(Object.keys(active).sort()).toEqual(['active', 'lease', 't:a:1']);
    const back = await leavesTheSame([held, beginAndStop]);
    expect(Object.keys(back).sort()).toEqual(['pending', 't:a:1']);
  });
});
