import { DONE, HOUR, gate, task, type Suite } from './task-queue.support.js';

/** Locks of type and payload. */
export function unique(suite: Suite): void {
  const { facts } = suite;
  const payload = Buffer.from('{"monitor":1}');
  /** A new id each time. */
  const one = (name: string, fields = {}) => task(name, { payload, uniqueForMs: HOUR, ...fields });

  it(
    'are refused until the first is done',
    async () => {
      const name = suite.newName();
      const door = gate();
      const { inbox } = suite.work(name, async () => {
        await door.opened;
        return DONE;
      });
      const first = one(name);
      expect(await suite.queue.enqueueMany([first, one(name)])).toEqual(['enqueued', 'not-unique']);
      await inbox.has(1);
      expect(await suite.queue.enqueueMany([one(name)])).toEqual(['not-unique']);
      door.open();
      await suite.isGone(name, first.id);
      expect(await suite.queue.enqueueMany([one(name)])).toEqual(['enqueued']);
    },
    facts.timeoutMs,
  );

  it(
    'are so by type, payload and queue; whoever does not ask is not refused',
    async () => {
      const [name, other] = [suite.newName(), suite.newName()];
      const tasks = [
        one(name),
        one(name, { type: 'other' }),
        one(name, { payload: Buffer.from('other') }),
        one(other),
        one(name, { uniqueForMs: undefined }),
        one(name, { processAt: Date.now() + HOUR }),
      ];
      expect(await suite.queue.enqueueMany(tasks)).toEqual([
        ...Array.from({ length: 5 }, () => 'enqueued'),
        'not-unique',
      ]);
    },
    facts.timeoutMs,
  );

  it(
    'are refused while one waits for its time, and so long past it at most',
    async () => {
      const name = suite.newName();
      await suite.enqueue(one(name, { processAt: Date.now() + 2_000, uniqueForMs: 1_000 }));
      expect(await suite.queue.enqueueMany([one(name)])).toEqual(['not-unique']);
      const again = one(name);
      const { inbox } = suite.work(suite.newName());
      await inbox.until(async () => expect(await suite.queue.enqueueMany([again])).toEqual(['enqueued']));
    },
    facts.timeoutMs,
  );

  it(
    'keep the lock over retries and in the archive, and give it back when they are deleted',
    async () => {
      const name = suite.newName();
      const { inspector } = suite.queue;
      for (const state of ['retry', 'archived', 'scheduled', 'pending'] as const) {
        const { id } = await suite.bring(state, name, { payload, uniqueForMs: HOUR });
        expect(await suite.queue.enqueueMany([one(name)])).toEqual(['not-unique']);
        await inspector.delete(name, id);
      }
      await suite.bring('completed', name, { payload, uniqueForMs: HOUR });
      expect(await suite.queue.enqueueMany([one(name)])).toEqual(['enqueued']);
    },
    facts.timeoutMs,
  );

  it(
    'leave no lock where the id was taken',
    async () => {
      const name = suite.newName();
      const first = task(name);
      await suite.enqueue(first);
      expect(await suite.queue.enqueueMany([one(name, { id: first.id })])).toEqual(['duplicate-id']);
      expect(await suite.queue.enqueueMany([one(name)])).toEqual(['enqueued']);
    },
    facts.timeoutMs,
  );

  it(
    'are a duplicate-id first, also where another one holds the lock',
    async () => {
      const name = suite.newName();
      const first = one(name);
      await suite.enqueue(first);
      const both = ['duplicate-id', 'not-unique'];
      expect(await suite.queue.enqueueMany([first, one(name)])).toEqual(both);
      const later = { processAt: Date.now() + HOUR };
      expect(await suite.queue.enqueueMany([{ ...first, ...later }, one(name, later)])).toEqual(both);
      await suite.queue.inspector.delete(name, first.id);
      await suite.enqueue(first);
    },
    facts.timeoutMs,
  );
}
