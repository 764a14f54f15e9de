import { MONITOR_STATUS, newState, type Judge, type RawResult } from '../../src/ports/monitor-store.port.js';
import {
  HOUR_MS,
  T0,
  createMany,
  createOne,
  idsOf,
  judge,
  result,
  walk,
  type Suite,
} from './monitor-store.support.js';

/** Appends each message to the state's: what was judged, in order. */
const inOrder: Judge = (state, given) => {
  const told = judge(state, given);
  return { ...told, state: { ...told.state, message: `${state.message ?? ''}${given.message}` } };
};

/** What `record` does with results. */
export function recording({ store, another, facts }: Suite): void {
  const total = async (id: string) => {
    const uptime = await store().uptime([id], T0 + HOUR_MS);
    return Object.values(uptime.get(id)!.d30).reduce((sum, n) => sum + n, 0);
  };
  const historyOf = async (id: string) => (await store().history(id, null, 1_000)).map((one) => one.id);

  it('keeps every field of a result, judged, and answers what is new', async () => {
    const { id } = await createOne(store());
    const given: RawResult[] = [
      result(id, { found: 'down', latencyMs: null, message: `${'ü'.repeat(998)}📦` }),
      result(id, { found: 'unknown', latencyMs: 0, message: '' }),
      result(id, { found: 'up', latencyMs: 299_999, at: T0 + 300_000, message: 'it\'s "fine" \\ \n ok' }),
    ];
    const recorded = await store().record(given, judge);
    const wanted = given.map((one) => ({ ...one, status: one.found }));
    expect(recorded).toHaveLength(3);
    expect(recorded).toEqual(expect.arrayContaining(wanted));
    expect(await (await another()).history(id, null, 10)).toEqual(wanted.reverse());
  });

  it('keeps the state as it was judged, and gives it to the next call', async () => {
    const { id } = await createOne(store());
    expect((await store().states([id])).size).toBe(0);
    const seen: unknown[] = [];
    const odd = {
      status: 2 as const, since: T0, failures: 3, lastStatus: 'maintenance' as const, lastAt: T0 + 1,
      lastPlannedAt: T0 + 2, latencyMs: 17, message: 'größer 📦', alertedAt: T0 + 3, silentSince: T0 + 4,
    }; // prettier-ignore
    const tell: Judge = (state) => {
      seen.push({ ...state });
      return { status: 'maintenance', state: odd, alerts: [] };
    };
    const [first] = await store().record([result(id)], tell);
    expect(first!.status).toBe('maintenance');
    expect(await store().states([id])).toEqual(new Map([[id, odd]]));
    await (await another()).record([result(id)], tell);
    expect(seen[0]).toEqual(newState());
    expect(seen.at(-1)).toEqual(odd);
    expect(await store().get([id])).toMatchObject([{ status: MONITOR_STATUS.pending }]);
    await store().record([result(id)], () => ({ status: 'up', state: newState(), alerts: [] }));
    expect((await store().states([id])).get(id)).toEqual(newState());
  });

  it('writes a status that changed to the monitor, and never touches updatedAt', async () => {
    const { id, updatedAt } = await createOne(store());
    const other = await another();
    const founds: [RawResult['found'], number][] = [
      ['up', 1], ['down', 0], ['unknown', 0], ['down', 0], ['up', 1], ['unknown', 1],
    ]; // prettier-ignore
    for (const [i, [found, status]] of founds.entries()) {
      await (i % 2 ? store() : other).record([result(id, { found })], judge);
      expect(await store().get([id])).toMatchObject([{ status, updatedAt }]);
    }
    expect(await store().schedulesChangedSince(updatedAt + 1, null, 10)).toEqual([]);
    await store().update(id, { name: 'edited' });
    expect(await store().get([id])).toMatchObject([{ status: MONITOR_STATUS.up }]);
  });

  it('leaves the status as it was when nothing could be told', async () => {
    const { id, status } = await createOne(store());
    const [told] = await store().record([result(id, { found: 'unknown' })], judge);
    expect(told!.status).toBe('unknown');
    expect(await store().get([id])).toMatchObject([{ status }]);
    expect((await store().states([id])).get(id)).toMatchObject({ status: null, lastStatus: 'unknown' });
  });

  it('judges in order of the planned time, whatever the order of the call', async () => {
    const monitors = await createMany(store(), 3);
    const results = 'cabfed'
      .split('')
      .flatMap((message) =>
        idsOf(monitors).map((id) => result(id, { plannedAt: T0 + message.charCodeAt(0), message })),
      );
    await store().record(results, inOrder);
    const states = await store().states(idsOf(monitors));
    expect([...states.values()].map(({ message }) => message)).toEqual(['abcdef', 'abcdef', 'abcdef']);
    await store().record([result(monitors[0]!.id, { plannedAt: T0, found: 'down', message: 'late' })], judge);
    expect((await store().states(idsOf(monitors))).get(monitors[0]!.id)).toMatchObject({
      status: 1,
      failures: 7,
    });
  });

  it('counts a result once, however often it is told', async () => {
    const { id } = await createOne(store());
    const results = [result(id, { found: 'up' }), result(id, { found: 'down' }), result(id, { found: 'up' })];
    expect(await store().record([...results, ...results], judge)).toHaveLength(3);
    const state = (await store().states([id])).get(id);
    expect(await store().record(results, judge)).toEqual([]);
    const changed = { ...results[0]!, found: 'down' as const, message: 'another', plannedAt: T0 + HOUR_MS };
    expect(await (await another()).record([changed], judge)).toEqual([]);
    const more = result(id, { found: 'up' });
    expect(await store().record([results[1]!, more, results[2]!], judge)).toMatchObject([{ id: more.id }]);
    expect((await store().states([id])).get(id)).toMatchObject({ failures: 4, since: state!.since });
    expect(await total(id)).toBe(4);
    expect(await store().pendingAlerts()).toBe(2);
    expect(await historyOf(id)).toEqual([more, ...results.slice().reverse()].map((one) => one.id));
  });

  it(
    'counts each once when overlapping batches come from two processes at once',
    async () => {
      const monitors = idsOf(await createMany(store(), 4));
      const stores = [store(), await another()];
      const results = Array.from({ length: 160 }, (_, i) => result(monitors[i % 4]!, { found: 'up' }));
      const each: Judge = (state, given) => {
        const { monitorId, at, latencyMs } = given;
        const alert = {
          kind: 'reminder',
          monitorId,
          from: null,
          to: null,
          at,
          latencyMs,
          message: given.id,
        } as const;
        return { ...judge(state, given), alerts: [alert] };
      };
      const calls = Array.from({ length: 12 }, (_, i) => {
        const share = results.filter((_one, n) => (n + i) % 3 !== 0);
        return stores[i % 2]!.record(i % 4 < 2 ? share : share.reverse(), each);
      });
      const fresh = (await Promise.all(calls)).flat().map((one) => one.id);
      expect(fresh.sort()).toEqual(results.map((one) => one.id).sort());
      const states = await store().states(monitors);
      expect(monitors.map((id) => states.get(id)!.failures)).toEqual([40, 40, 40, 40]);
      for (const id of monitors) {
        expect(await total(id)).toBe(40);
        expect(new Set(await historyOf(id)).size).toBe(40);
      }
      const alerts = await store().takeAlerts(1_000, 60_000);
      expect(alerts.map(({ message }) => message).sort()).toEqual(fresh);
    },
    facts.timeoutMs,
  );

  it(
    'agrees on one end of the story when two processes tell of one monitor at once',
    async () => {
      const monitors = idsOf(await createMany(store(), 20));
      const other = await another();
      for (let round = 0; round < 5; round += 1) {
        const told = (found: 'up' | 'down') => monitors.map((id) => result(id, { found }));
        await Promise.all([store().record(told('up'), judge), other.record(told('down'), judge)]);
        const states = await store().states(monitors);
        for (const { id, status } of await store().get(monitors)) {
          const state = states.get(id)!;
          expect({ id, status, failures: state.failures }).toEqual({
            id,
            status: state.status,
            failures: 2 * round + 2,
          });
          // The later planned time wins, whoever came first.
          expect({ id, lastStatus: state.lastStatus }).toEqual({ id, lastStatus: 'down' });
        }
      }
    },
    facts.timeoutMs,
  );

  it('drops results of monitors that are not there any more, and keeps the others of the call', async () => {
    const [gone, kept] = await createMany(store(), 2);
    await store().delete([gone!.id]);
    const results = [result(gone!.id), result(kept!.id), result(gone!.id, { found: 'down' })];
    expect(await store().record(results, judge)).toMatchObject([{ monitorId: kept!.id }]);
    expect(await store().history(gone!.id, null, 10)).toEqual([]);
    expect((await store().states([gone!.id])).size).toBe(0);
    expect(await historyOf(kept!.id)).toHaveLength(1);
  });

  it(
    'takes 1,000 at once, and all that was recorded is there for another process',
    async () => {
      const monitors = await createMany(store(), 100);
      const results = Array.from({ length: 1_000 }, (_, i) => result(monitors[i % 100]!.id));
      expect(await store().record(results, judge)).toHaveLength(1_000);
      const other = await another();
      expect((await other.states(idsOf(monitors))).size).toBe(100);
      expect(await other.history(monitors[7]!.id, null, 1_000)).toHaveLength(10);
      expect(await walk((after) => other.page({ status: MONITOR_STATUS.up }, after, 30))).toHaveLength(100);
    },
    facts.timeoutMs,
  );
}
