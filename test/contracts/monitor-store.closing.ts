import { NONE, createOne, fields, judge, result, type Suite } from './monitor-store.support.js';

/** The end of a port. */
export function closing({ store, another, facts }: Suite): void {
  it(
    'takes nothing more once it is closed, says so, and closes again without harm',
    async () => {
      const { id } = await createOne(store());
      const other = await another();
      expect(await other.get([id])).toHaveLength(1);
      expect(await other.close(5_000)).toBeNull();
      expect(await other.close(5_000)).toBeNull();
      const calls = [
        () => other.ping(),
        () => other.now(),
        () => other.page({}, null, 1),
        () => other.count({}),
        () => other.get([id]),
        () => other.schedules(null, 1),
        () => other.create([fields()]),
        () => other.update(id, { name: 'late' }),
        () => other.delete([id]),
        () => other.record([result(id)], judge),
        () => other.history(id, null, 1),
        () => other.states([id]),
        () => other.uptime([id], 1),
        () => other.takeAlerts(1, 1),
        () => other.pendingAlerts(),
        () => other.quiet(1, null, 1),
        () => other.prune({ resultsBefore: 1, rollupsBefore: 1, alertsBefore: 1 }, NONE),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
      expect(await store().page({}, null, 10)).toMatchObject([
        { id, name: expect.stringMatching(/^monitor/) },
      ]);
    },
    facts.timeoutMs,
  );

  it(
    'finishes what was taken before',
    async () => {
      const { id } = await createOne(store());
      const other = await another();
      const given = Array.from({ length: 50 }, () => result(id));
      const recorded = other.record(given, judge);
      expect(await other.close(10_000)).toBeNull();
      expect(await recorded).toHaveLength(50);
      expect(await store().history(id, null, 100)).toHaveLength(50);
    },
    facts.timeoutMs,
  );
}
