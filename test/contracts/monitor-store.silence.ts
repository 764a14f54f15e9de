import type { NewAlert } from '../../src/ports/monitor-store.port.js';
import {
  createMany,
  createOne,
  idsOf,
  judge,
  newId,
  result,
  sorted,
  walk,
  type Suite,
} from './monitor-store.support.js';

const silent = (monitorId: string, at: number): NewAlert => ({
  kind: 'silent',
  monitorId,
  from: null,
  to: null,
  at,
  latencyMs: null,
  message: 'No result for three intervals.',
});

/** Monitors whose results stay out. */
export function silence({ store, another, facts }: Suite): void {
  const quietAt = async (now: number) => idsOf(await walk((after) => store().quiet(now, after, 2)));

  it(
    'finds the active ones without a result for three intervals, by id',
    async () => {
      const monitors = await createMany(store(), 5, { interval: 10 });
      const slow = await createOne(store(), { interval: 1_000, cron: '0 * * * *', timezone: 'UTC' });
      const paused = await createOne(store(), { interval: 10, active: false });
      const born = monitors[0]!.createdAt;
      expect(await quietAt(born + 25_000)).toEqual([]);
      const ids = sorted(idsOf(monitors));
      expect(await quietAt(born + 35_000)).toEqual(ids);
      const all = await store().quiet(born + 4_000_000, null, 100);
      expect(all.find(({ id }) => id === slow.id)).toEqual({
        id: slow.id,
        interval: 1_000,
        cron: '0 * * * *',
        timezone: 'UTC',
        lastAt: slow.updatedAt,
      });
      expect(idsOf(all)).not.toContain(paused.id);
      expect(idsOf(await store().quiet(born + 35_000, ids[1]!, 2))).toEqual(ids.slice(2, 4));
    },
    facts.timeoutMs,
  );

  it('counts from the last result or the last edit, whichever is later', async () => {
    const [heard, resumed] = await createMany(store(), 2, { interval: 10 });
    const now = heard!.createdAt;
    await store().record([result(heard!.id, { at: now + 20_000, found: 'unknown' })], judge);
    await store().record([result(resumed!.id, { at: now - 3_600_000 })], judge);
    const { updatedAt } = await store().update(resumed!.id, { active: true });
    expect(await quietAt(now + 5_000)).toEqual([]);
    expect(await quietAt(now + 45_000)).toEqual([resumed!.id]);
    expect(await store().quiet(now + 55_000, null, 10)).toEqual(
      [
        { id: heard!.id, interval: 10, cron: null, timezone: null, lastAt: now + 20_000 },
        { id: resumed!.id, interval: 10, cron: null, timezone: null, lastAt: updatedAt },
      ].sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
  });

  it(
    'marks a silent one once, with one alert, until it is heard again',
    async () => {
      const [first, second] = await createMany(store(), 2, { interval: 10 });
      const at = first!.createdAt + 40_000;
      const seen = result(first!.id, { at: first!.createdAt });
      await store().record([seen], judge);
      const other = await another();
      const alerts = [silent(first!.id, at), silent(second!.id, at)];
      const counts = await Promise.all([
        store().markSilent(alerts),
        other.markSilent(alerts),
        store().markSilent([...alerts].reverse()),
      ]);
      expect(counts.reduce((sum, n) => sum + n)).toBe(2);
      expect(await store().markSilent(alerts)).toBe(0);
      expect(await quietAt(at)).toEqual([]);
      const taken = await store().takeAlerts(10, 60_000);
      expect(taken.map(({ id: _id, attempts: _attempts, ...alert }) => alert)).toEqual(
        expect.arrayContaining(alerts),
      );
      expect(taken).toHaveLength(2);
      const states = await store().states(idsOf([first!, second!]));
      expect(states.get(first!.id)).toMatchObject({ silentSince: at, status: 1, lastAt: seen.at });
      // The judge is told of it, and may end it.
      let told: number | null = null;
      await store().record([result(second!.id, { at })], (state, given) => {
        told = state.silentSince;
        return judge(state, given);
      });
      expect(told).toBe(at);
      expect(await quietAt(at + 100_000)).toEqual([second!.id]);
      expect(await store().markSilent([silent(second!.id, at + 100_000)])).toBe(1);
    },
    facts.timeoutMs,
  );

  it('does not mark what is not there', async () => {
    expect(await store().markSilent([silent(newId(store()), 1), silent('abc', 1)])).toBe(0);
    expect(await store().pendingAlerts()).toBe(0);
  });
}
