import type { Push } from '../../src/ports/monitor-store.port.js';
import {
  HOUR_MS,
  NONE,
  T0,
  createMany,
  createOne,
  judge,
  newId,
  result,
  type Suite,
} from './monitor-store.support.js';

const PUSH: Push = { at: T0, found: 'up', message: 'größer 📦', latencyMs: 17 };

/** Calls of the URLs of push monitors. */
export function pushing({ store, another }: Suite): void {
  it('remembers the last call for the monitor that has the token, active or not', async () => {
    const active = await createOne(store(), { type: 'push', pushToken: 'token-a' });
    const paused = await createOne(store(), { type: 'push', pushToken: 'token-b', active: false });
    expect((await store().pushes([active.id])).size).toBe(0);
    expect(await store().push('token-a', { ...PUSH, found: 'down', latencyMs: null })).toBe(active.id);
    const second = { ...PUSH, at: T0 + 5, message: '' };
    expect(await (await another()).push('token-a', second)).toBe(active.id);
    expect(await store().push('token-b', PUSH)).toBe(paused.id);
    expect(await store().pushes([active.id, paused.id, newId(store())])).toEqual(
      new Map([
        [active.id, second],
        [paused.id, PUSH],
      ]),
    );
    expect(await store().get([active.id])).toEqual([active]);
  });

  it('knows no other token', async () => {
    const { id } = await createOne(store(), { type: 'push', pushToken: 'Token' });
    await createOne(store(), { type: 'push', pushToken: null });
    for (const token of ['', 'token', 'Token ', '%', 'null', 'x'.repeat(300)]) {
      expect({ token, id: await store().push(token, PUSH) }).toEqual({ token, id: null });
    }
    await store().update(id, { pushToken: 'renewed' });
    expect(await store().push('Token', PUSH)).toBeNull();
    expect(await store().push('renewed', PUSH)).toBe(id);
  });
}

/** What grows old. */
export function pruning({ store, facts }: Suite): void {
  it(
    'deletes results, rollups and settled alerts that are older, and nothing else',
    async () => {
      const [one, two] = await createMany(store(), 2);
      const founds = ['up', 'down', 'up', 'down'] as const;
      const at = (i: number) => T0 + i * HOUR_MS;
      const results = founds.map((found, i) => result(one!.id, { plannedAt: at(i), at: at(i), found }));
      await store().record([...results, result(two!.id, { plannedAt: at(0), at: at(0) })], judge);
      const [settled] = await store().takeAlerts(1, 60_000);
      expect(settled!.at).toBe(at(1));
      await store().settleAlert(settled!.id, null);
      const state = (await store().states([one!.id])).get(one!.id);
      const nothing = { resultsBefore: 0, rollupsBefore: 0, alertsBefore: 0 };
      expect(await store().prune(nothing, NONE)).toBe(0);
      expect(await store().prune({ ...nothing, resultsBefore: at(2) }, NONE)).toBe(3);
      expect((await store().history(one!.id, null, 10)).map(({ id }) => id)).toEqual([
        results[3]!.id,
        results[2]!.id,
      ]);
      expect(await store().history(two!.id, null, 10)).toEqual([]);
      expect((await store().uptime([one!.id], at(3))).get(one!.id)!.h24).toMatchObject({ up: 2, down: 2 });
      expect(await store().prune({ ...nothing, rollupsBefore: at(1) - (at(1) % HOUR_MS) }, NONE)).toBe(2);
      expect((await store().uptime([one!.id], at(3))).get(one!.id)!.h24).toMatchObject({ up: 1, down: 2 });
      expect(await store().prune({ ...nothing, alertsBefore: at(9) }, NONE)).toBe(1);
      expect(await store().pendingAlerts()).toBe(2);
      expect((await store().states([one!.id])).get(one!.id)).toEqual(state);
      expect(await store().prune({ resultsBefore: at(2), rollupsBefore: 0, alertsBefore: at(9) }, NONE)).toBe(
        0,
      );
    },
    facts.timeoutMs,
  );

  it(
    'deletes many',
    async () => {
      const monitors = await createMany(store(), 10);
      for (let i = 0; i < 3; i += 1) {
        const results = Array.from({ length: 1_000 }, (_, n) =>
          result(monitors[n % 10]!.id, { plannedAt: T0 + n }),
        );
        await store().record(results, judge);
      }
      const all = { resultsBefore: T0 + HOUR_MS, rollupsBefore: 0, alertsBefore: 0 };
      expect(await store().prune(all, NONE)).toBe(3_000);
      expect(await store().history(monitors[0]!.id, null, 10)).toEqual([]);
    },
    facts.timeoutMs,
  );

  it('stops when it is told to', async () => {
    const { id } = await createOne(store());
    await store().record([result(id)], judge);
    const all = { resultsBefore: T0 + HOUR_MS, rollupsBefore: T0 + HOUR_MS, alertsBefore: T0 };
    expect(await store().prune(all, AbortSignal.abort())).toBe(0);
    expect(await store().history(id, null, 10)).toHaveLength(1);
  });
}
