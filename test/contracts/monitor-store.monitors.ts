import { MONITOR_STATUS } from '../../src/ports/monitor-store.port.js';
import {
  ODD,
  createMany,
  createOne,
  fields,
  idsOf,
  judge,
  newId,
  result,
  sorted,
  type Suite,
} from './monitor-store.support.js';

/** Ids that cannot exist in any driver. */
const WRONG_IDS = [
  '',
  'abc',
  '42',
  'g'.repeat(24),
  'not-a-uuid-0000-0000-0000-000000000000',
  "'; --",
  'x'.repeat(300),
];

/** Creation, reading, deletion. */
export function keeping({ store, another, facts }: Suite): void {
  it(
    'keeps every field as it was given, whoever reads it',
    async () => {
      const before = Date.now();
      const odd = { ...ODD, proxyId: newId(store()) };
      const created = await createOne(store(), odd);
      expect(created).toMatchObject(odd);
      expect(store().isId(created.id)).toBe(true);
      expect(Math.abs(created.createdAt - before)).toBeLessThan(60_000);
      for (const reader of [store(), await another()]) {
        expect(await reader.get([created.id])).toEqual([created]);
        expect(await reader.page({}, null, 10)).toEqual([created]);
      }
    },
    facts.timeoutMs,
  );

  it('keeps what is empty: no config, no tags; a new one is pending', async () => {
    const created = await createOne(store(), { config: null, tags: [] });
    expect(created).toMatchObject({ config: null, tags: [], status: MONITOR_STATUS.pending });
    const [empty] = await store().create([fields({ config: {} })]);
    expect(empty!.config).toEqual({});
    expect(await store().get([created.id, empty!.id])).toHaveLength(2);
  });

  it(
    'creates many at once, in order, each with an id of its own',
    async () => {
      const wanted = Array.from({ length: 1_000 }, () => fields());
      const created = await store().create(wanted);
      expect(created.map(({ name }) => name)).toEqual(wanted.map(({ name }) => name));
      expect(new Set(idsOf(created)).size).toBe(1_000);
      expect(await store().count({})).toBe(1_000);
      expect(sorted(idsOf(await store().get(idsOf(created))))).toEqual(sorted(idsOf(created)));
      expect(sorted(await store().delete(idsOf(created)))).toEqual(sorted(idsOf(created)));
      expect(await store().create([])).toEqual([]);
    },
    facts.timeoutMs,
  );

  it(
    'takes an id that is given, and refuses one that is taken: all of the call or none',
    async () => {
      const id = newId(store());
      expect((await createOne(store(), { id })).id).toBe(id);
      const before = await store().get([id]);
      const exists = expect.objectContaining({ code: 'MONITOR_EXISTS' });
      await expect(store().create([fields(), fields({ id, name: 'other' }), fields()])).rejects.toEqual(
        exists,
      );
      const twice = newId(store());
      await expect(store().create([fields({ id: twice }), fields({ id: twice })])).rejects.toEqual(exists);
      expect(await store().page({}, null, 10)).toEqual(before);
      const other = await another();
      const both = [createOne(store(), { id: twice }), createOne(other, { id: twice })];
      const settled = await Promise.allSettled(both);
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await store().count({})).toBe(2);
    },
    facts.timeoutMs,
  );

  it('refuses an id of the wrong form when it creates, and nothing has one', async () => {
    for (const id of WRONG_IDS) {
      expect({ id, is: store().isId(id) }).toEqual({ id, is: false });
      await expect(store().create([fields(), fields({ id })])).rejects.toMatchObject({
        code: 'VALIDATION_FAILED',
      });
    }
    expect(await store().count({})).toBe(0);
    expect(await store().get(WRONG_IDS)).toEqual([]);
    expect(await store().schedulesOf(WRONG_IDS)).toEqual([]);
    expect(await store().delete(WRONG_IDS)).toEqual([]);
    expect(
      await store().record(
        WRONG_IDS.map((id) => result(id)),
        judge,
      ),
    ).toEqual([]);
    expect(await store().history('abc', null, 10)).toEqual([]);
    expect((await store().states(WRONG_IDS)).size).toBe(0);
    expect((await store().pushes(WRONG_IDS)).size).toBe(0);
    await expect(store().update('abc', { name: 'x' })).rejects.toMatchObject({ code: 'MONITOR_UNKNOWN' });
  });

  it('reads only what exists, and lists of nothing', async () => {
    const monitor = await createOne(store());
    expect(idsOf(await store().get([newId(store()), monitor.id]))).toEqual([monitor.id]);
    expect(await store().get([])).toEqual([]);
    expect(await store().schedulesOf([])).toEqual([]);
    expect((await store().states([])).size).toBe(0);
    expect((await store().uptime([], Date.now())).size).toBe(0);
    expect(await store().delete([])).toEqual([]);
    expect(await store().record([], judge)).toEqual([]);
    expect(await store().markSilent([])).toBe(0);
  });

  it('deletes with all that hangs on it, and says what existed', async () => {
    const [gone, kept] = await createMany(store(), 2, { type: 'push', pushToken: 'shared no more' });
    const at = Date.now();
    await store().record([...downThenUp(gone!.id, at), ...downThenUp(kept!.id, at)], judge);
    await store().push('shared no more', { at, found: 'up', message: '', latencyMs: null });
    expect(await store().pendingAlerts()).toBe(2);
    expect(await store().delete([gone!.id, newId(store()), gone!.id])).toEqual([gone!.id]);
    expect(await store().delete([gone!.id])).toEqual([]);
    expect(idsOf(await store().page({}, null, 10))).toEqual([kept!.id]);
    expect(await store().history(gone!.id, null, 10)).toEqual([]);
    expect([...(await store().states([gone!.id, kept!.id])).keys()]).toEqual([kept!.id]);
    expect((await store().pushes([gone!.id])).size).toBe(0);
    expect(await store().pendingAlerts()).toBe(1);
    // The same id again is a new monitor, without a past.
    await createOne(store(), { id: gone!.id });
    expect(await store().get([gone!.id])).toMatchObject([
      { status: MONITOR_STATUS.pending, cron: null, tags: [] },
    ]);
    expect((await store().uptime([gone!.id], at)).get(gone!.id)).toMatchObject({ d30: { up: 0, down: 0 } });
    await store().record([result(gone!.id, { plannedAt: at })], judge);
    expect((await store().uptime([gone!.id], at)).get(gone!.id)).toMatchObject({ h24: { up: 1, down: 0 } });
  });
}

function downThenUp(id: string, at: number) {
  return [
    result(id, { plannedAt: at - 2_000, found: 'down' }),
    result(id, { plannedAt: at - 1_000, found: 'up' }),
  ];
}
