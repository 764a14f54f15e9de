import type { RawResult, StatusCounts, StoredResult } from '../../src/ports/monitor-store.port.js';
import { HOUR_MS, T0, createMany, createOne, judge, result, type Suite } from './monitor-store.support.js';

const NOTHING: StatusCounts = { up: 0, down: 0, pending: 0, maintenance: 0, unknown: 0 };
const HOUR = T0 - (T0 % HOUR_MS);

/** What was recorded, read again. */
export function reading({ store, facts }: Suite): void {
  it('shows the history newest first, page by page, also where planned times are equal', async () => {
    const [monitor, other] = await createMany(store(), 2);
    const { id } = monitor!;
    const results = Array.from({ length: 20 }, (_, i) => result(id, { plannedAt: T0 + Math.floor(i / 4) }));
    await store().record([...results, result(other!.id)], judge);
    const whole = await store().history(id, null, 1_000);
    expect(whole.map(({ plannedAt }) => plannedAt)).toEqual(
      results.map(({ plannedAt }) => plannedAt).reverse(),
    );
    const seen: StoredResult[] = [];
    for (;;) {
      const last = seen.at(-1);
      const before = last ? { plannedAt: last.plannedAt, id: last.id } : null;
      const page = await store().history(id, before, 3);
      if (page.length === 0) break;
      expect(page.length).toBeLessThanOrEqual(3);
      seen.push(...page);
    }
    expect(seen).toEqual(whole);
    expect(new Set(seen.map((one) => one.id)).size).toBe(20);
    expect(await store().history(id, { plannedAt: T0, id: '' }, 10)).toEqual([]);
  });

  it('counts each status by the hour of its planned time: the one that runs, and 24, 168, 720 before it', async () => {
    const { id } = await createOne(store());
    const hoursAgo = (hours: number, ms = 0, given: Partial<RawResult> = {}) =>
      result(id, { plannedAt: HOUR - hours * HOUR_MS + ms, ...given });
    const results = [
      hoursAgo(0, T0 - HOUR, { found: 'up', latencyMs: 10 }),
      hoursAgo(0, 0, { found: 'down', latencyMs: null }),
      hoursAgo(24, 0, { found: 'up', latencyMs: 40 }),
      hoursAgo(24, -1, { found: 'up', latencyMs: 1_000, at: T0 }),
      hoursAgo(168, 0, { found: 'unknown', latencyMs: null }),
      hoursAgo(168, -1, { found: 'down' }),
      hoursAgo(720, 0, { found: 'up' }),
      hoursAgo(720, -1, { found: 'up' }),
      hoursAgo(-1, 0, { found: 'up' }),
    ];
    await store().record(results, judge);
    const uptime = (await store().uptime([id], T0)).get(id)!;
    expect(uptime.h24).toEqual({ ...NOTHING, up: 2, down: 1 });
    expect(uptime.d7).toEqual({ ...NOTHING, up: 3, down: 1, unknown: 1 });
    expect(uptime.d30).toEqual({ ...NOTHING, up: 4, down: 2, unknown: 1 });
    expect(uptime.latencyMs24h).toBeCloseTo(25, 5);
    const later = (await store().uptime([id], HOUR + HOUR_MS)).get(id)!;
    expect(later.h24).toEqual({ ...NOTHING, up: 2, down: 1 });
  });

  it('counts what the judge says, not what the check found', async () => {
    const { id } = await createOne(store());
    const statuses = ['pending', 'maintenance', 'pending'] as const;
    for (const status of statuses) {
      await store().record([result(id, { found: 'down', plannedAt: T0 })], (state, given) => ({
        ...judge(state, given),
        status,
      }));
    }
    const uptime = await store().uptime([id], T0);
    expect(uptime.get(id)!.h24).toEqual({ ...NOTHING, pending: 2, maintenance: 1 });
    expect((await store().history(id, null, 10)).map(({ status }) => status).sort()).toEqual(
      [...statuses].sort(),
    );
  });

  it('has zeros for a monitor without results, and one entry each', async () => {
    const monitors = await createMany(store(), 3);
    await store().record([result(monitors[0]!.id, { plannedAt: T0, latencyMs: null })], judge);
    const uptime = await store().uptime(
      monitors.map(({ id }) => id),
      T0,
    );
    expect(uptime.size).toBe(3);
    expect(uptime.get(monitors[0]!.id)).toMatchObject({ h24: { up: 1 }, latencyMs24h: null });
    expect(uptime.get(monitors[1]!.id)).toEqual({
      h24: NOTHING,
      d7: NOTHING,
      d30: NOTHING,
      latencyMs24h: null,
    });
  });

  it(
    'reads 1,000 at once',
    async () => {
      const ids = (await createMany(store(), 1_000)).map(({ id }) => id);
      await store().record(
        ids.map((id) => result(id, { plannedAt: T0 })),
        judge,
      );
      expect((await store().states(ids)).size).toBe(1_000);
      expect([...(await store().uptime(ids, T0)).values()].filter(({ d30 }) => d30.up === 1)).toHaveLength(
        1_000,
      );
    },
    facts.timeoutMs,
  );
}
