import { TASK_STATES, type TaskState } from '../../src/ports/task-queue.port.js';
import { HOUR, task, type Suite } from './task-queue.support.js';

type Change = 'run' | 'archive' | 'delete' | 'cancel';

/** From which states each is possible, and the state that it leads to; null: the task is gone. */
const CHANGES: Record<Change, { from: TaskState[]; to: TaskState | null }> = {
  run: { from: ['scheduled', 'retry', 'archived'], to: 'pending' },
  archive: { from: ['pending', 'scheduled', 'retry'], to: 'archived' },
  delete: { from: ['pending', 'scheduled', 'retry', 'archived', 'completed'], to: null },
  cancel: { from: ['active'], to: 'retry' },
};

const CASES = Object.keys(CHANGES).flatMap((change) =>
  TASK_STATES.map((state) => [change as Change, state] as const),
);

/** What the inspector changes. */
export function mending(suite: Suite): void {
  const { facts } = suite;
  const inspector = () => suite.queue.inspector;

  it.each(CASES)(
    '%s of a task that is %s: done, or TASK_STATE and nothing changed',
    async (change, state) => {
      const name = suite.newName();
      const { id } = await suite.bring(state, name);
      const before = await inspector().get(name, id);
      const { from, to } = CHANGES[change];
      if (!from.includes(state)) {
        await expect(inspector()[change](name, id)).rejects.toMatchObject({ code: 'TASK_STATE' });
        expect(await inspector().get(name, id)).toEqual(before);
        return;
      }
      await inspector()[change](name, id);
      if (to === null) {
        await suite.isGone(name, id);
        expect(await suite.queue.enqueueMany([task(name, { id })])).toEqual(['enqueued']);
      } else {
        const after = await suite.becomes(name, id, to);
        expect(after.payload.equals(before.payload)).toBe(true);
      }
    },
    facts.timeoutMs,
  );

  it(
    'runs what was scheduled for later, once',
    async () => {
      const name = suite.newName();
      const { inbox } = suite.work(name);
      const one = task(name, { processAt: Date.now() + HOUR, retentionMs: HOUR });
      await suite.enqueue(one);
      await inspector().run(name, one.id);
      await suite.becomes(name, one.id, 'completed');
      expect(inbox.ids).toEqual([one.id]);
      expect(await inspector().list(name, 'scheduled', { number: 1, size: 10 })).toEqual([]);
    },
    facts.timeoutMs,
  );

  it(
    'never hands out what was archived or deleted while it waited',
    async () => {
      const name = suite.newName();
      const [archived, deleted, kept] = [task(name), task(name), task(name)];
      await suite.enqueue(archived, deleted, kept);
      await inspector().archive(name, archived.id);
      await inspector().delete(name, deleted.id);
      const { inbox, worker } = suite.work(name);
      await inbox.has(1);
      expect(await worker.stop(facts.patienceMs)).toBe(0);
      expect(inbox.ids).toEqual([kept.id]);
      expect(await inspector().get(name, archived.id)).toMatchObject({ state: 'archived' });
    },
    facts.timeoutMs,
  );
}
