import type { MonitorFields } from '../../src/ports/monitor-store.port.js';
import { ODD, createOne, newId, type Suite } from './monitor-store.support.js';

/** What an edit promises. */
export function editing({ store, another, facts }: Suite): void {
  it('writes the fields that are given and no other, and answers the whole monitor', async () => {
    const created = await createOne(store(), ODD);
    const bystander = await createOne(store());
    const changes: Partial<MonitorFields>[] = [
      { name: 'new', active: true },
      { cron: null, timezone: null },
      { tags: ['one'], interval: 5, priority: 'low' },
      { config: { a: 1 }, maintenanceUntil: null },
      { config: null, pushToken: null, tags: [] },
      ODD,
    ];
    let wanted = created;
    for (const change of changes) {
      const edited = await store().update(created.id, change);
      wanted = { ...wanted, ...change, updatedAt: edited.updatedAt };
      expect(edited).toEqual(wanted);
      expect(await store().get([created.id])).toEqual([wanted]);
    }
    expect(await store().get([bystander.id])).toEqual([bystander]);
  });

  it('raises updatedAt with every edit, however fast they come, and of our own fields too', async () => {
    const created = await createOne(store());
    const other = await another();
    let last = created.updatedAt;
    for (let i = 0; i < 20; i += 1) {
      const edited = await (i % 2 ? store() : other).update(
        created.id,
        i % 3 ? { name: `n${i}` } : { cron: null },
      );
      expect(edited.updatedAt).toBeGreaterThan(last);
      expect(edited.createdAt).toBe(created.createdAt);
      last = edited.updatedAt;
    }
    expect((await store().get([created.id]))[0]!.updatedAt).toBe(last);
  });

  it(
    'loses none of many edits at once',
    async () => {
      const { id } = await createOne(store());
      const other = await another();
      const changes: Partial<MonitorFields>[] = [
      { name: 'a' }, { interval: 7 }, { timeout: 3 }, { maxRetries: 2 }, { retryInterval: 4 }, { resendInterval: 5 },
      { active: false }, { config: { b: 1 } }, { cron: '* * * * *' }, { timezone: 'UTC' }, { tags: ['t'] },
      { priority: 'low' }, { maintenanceUntil: 12_345 },
    ]; // prettier-ignore
      const edited = await Promise.all(
        changes.map((change, i) => (i % 2 ? store() : other).update(id, change)),
      );
      expect(new Set(edited.map(({ updatedAt }) => updatedAt)).size).toBe(changes.length);
      const [monitor] = await store().get([id]);
      expect(monitor).toMatchObject(Object.assign({}, ...changes) as object);
      expect(monitor!.updatedAt).toBe(Math.max(...edited.map(({ updatedAt }) => updatedAt)));
    },
    facts.timeoutMs,
  );

  it('writes with ifUpdatedAt only when nobody edited it since', async () => {
    const created = await createOne(store());
    const edited = await store().update(created.id, { name: 'first', tags: ['first'] }, created.updatedAt);
    const late = store().update(
      created.id,
      { name: 'late', tags: ['late'], cron: '* * * * *' },
      created.updatedAt,
    );
    await expect(late).rejects.toMatchObject({ code: 'MONITOR_CHANGED' });
    expect(await store().get([created.id])).toEqual([edited]);
    const other = await another();
    const race = [store(), other, store(), other].map((one, i) =>
      one.update(created.id, { name: `racer ${i}`, tags: [`racer ${i}`] }, edited.updatedAt),
    );
    const settled = await Promise.allSettled(race);
    const won = settled.filter((one) => one.status === 'fulfilled');
    expect(won).toHaveLength(1);
    expect(await store().get([created.id])).toEqual([won[0]!.value]);
    expect(won[0]!.value.tags).toEqual([won[0]!.value.name]);
  });

  it('knows nothing of a monitor that is not there', async () => {
    const unknown = expect.objectContaining({ code: 'MONITOR_UNKNOWN' });
    await expect(store().update(newId(store()), { name: 'x', cron: '* * * * *' })).rejects.toEqual(unknown);
    await expect(store().update(newId(store()), { name: 'x' }, 1)).rejects.toEqual(unknown);
    expect(await store().count({})).toBe(0);
  });

  it('says the moment by the clock of updatedAt', async () => {
    const { updatedAt } = await createOne(store());
    const now = await store().now();
    expect(now).toBeGreaterThanOrEqual(updatedAt - 1);
    expect(now - updatedAt).toBeLessThan(60_000);
  });
}
