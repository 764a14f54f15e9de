import {
  MONITOR_STATUS,
  type Monitor,
  type MonitorFilter,
  type MonitorSchedule,
} from '../../src/ports/monitor-store.port.js';
import {
  createMany,
  createOne,
  idsOf,
  judge,
  result,
  sorted,
  walk,
  type Suite,
} from './monitor-store.support.js';

function scheduleOf(monitor: Monitor): MonitorSchedule {
  const { id, type, name, interval, timeout, active } = monitor;
  const { cron, timezone, priority, createdAt, updatedAt } = monitor;
  return { id, type, name, interval, timeout, active, cron, timezone, priority, createdAt, updatedAt };
}

/** Lists: filters, pages by id, the light ones for schedulers. */
export function paging({ store, another, facts }: Suite): void {
  it('goes by id, ascending, `after` excluded, at most `limit`', async () => {
    const all = sorted(idsOf(await createMany(store(), 25)));
    expect(idsOf(await store().page({}, null, 10))).toEqual(all.slice(0, 10));
    expect(idsOf(await store().page({}, all[9]!, 10))).toEqual(all.slice(10, 20));
    expect(idsOf(await store().page({}, all[19]!, 10))).toEqual(all.slice(20));
    expect(idsOf(await store().page({}, all[24]!, 10))).toEqual([]);
    expect(idsOf(await walk((after) => store().page({}, after, 7)))).toEqual(all);
  });

  it(
    'shows once what stays, while others come and go',
    async () => {
      const stay = await createMany(store(), 40);
      const go = await createMany(store(), 40);
      const other = await another();
      const seen = await walk(
        (after) => store().page({}, after, 6),
        async () => {
          if (go.length > 0) await createMany(other, 3);
          await other.delete(idsOf(go.splice(0, 4)));
        },
      );
      const ids = idsOf(seen);
      expect(ids).toEqual(sorted(ids));
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual(expect.arrayContaining(idsOf(stay)));
    },
    facts.timeoutMs,
  );

  it('goes on after one that is deleted meanwhile', async () => {
    const all = sorted(idsOf(await createMany(store(), 6)));
    await store().delete([all[2]!]);
    expect(idsOf(await store().page({}, all[2]!, 10))).toEqual(all.slice(3));
  });

  it(
    'filters: all that are given must fit',
    async () => {
      const base = { type: 'tcp', name: 'Main Gate 100%', tags: ['a', 'b'], priority: 'critical' } as const;
      const down = await createOne(store(), base);
      const paused = await createOne(store(), { ...base, active: false, tags: ['b', 'a_c'] });
      const plain = await createOne(store(), { name: 'größe_1 (x) \\' });
      const low = await createOne(store(), { name: 'main road', priority: 'low', tags: ['ab'] });
      await store().record([result(down.id, { found: 'down' }), result(plain.id)], judge);
      const cases: [MonitorFilter, Monitor[]][] = [
        [{}, [down, paused, plain, low]],
        [{ active: true }, [down, plain, low]],
        [{ active: false }, [paused]],
        [{ type: 'tcp' }, [down, paused]],
        [{ type: 'tc' }, []],
        [{ status: MONITOR_STATUS.down }, [down]],
        [{ status: MONITOR_STATUS.up }, [plain]],
        [{ status: MONITOR_STATUS.pending }, [paused, low]],
        [{ priority: 'critical' }, [down, paused]],
        [{ priority: 'default' }, [plain]],
        [{ priority: 'low' }, [low]],
        [{ tag: 'a' }, [down]],
        [{ tag: 'b' }, [down, paused]],
        [{ tag: '%' }, []],
        [{ tag: 'a_' }, []],
        [{ search: 'MAIN' }, [down, paused, low]],
        [{ search: '0%' }, [down, paused]],
        [{ search: 'e_1' }, [plain]],
        [{ search: '_' }, [plain]],
        [{ search: '(X) \\' }, [plain]],
        [{ search: 'größe' }, [plain]],
        [{ search: '.*' }, []],
        [{ tag: 'b', active: true, priority: 'critical', type: 'tcp', search: 'gate', status: 0 }, [down]],
        [{ tag: 'b', priority: 'low' }, []],
        [{ priority: 'default', active: false }, []],
      ];
      for (const [filter, wanted] of cases) {
        const ids = sorted(idsOf(wanted));
        expect({ filter, ids: idsOf(await walk((after) => store().page(filter, after, 1))) }).toEqual({
          filter,
          ids,
        });
        expect({ filter, count: await store().count(filter) }).toEqual({ filter, count: ids.length });
      }
    },
    facts.timeoutMs,
  );

  it(
    'pages through what a filter on our own fields leaves',
    async () => {
      const tagged = await createMany(store(), 20, { tags: ['x'], priority: 'low' });
      const active = await createMany(store(), 20, { tags: ['x'], active: false });
      await createMany(store(), 20);
      const both = sorted([...idsOf(tagged), ...idsOf(active)]);
      expect(idsOf(await walk((after) => store().page({ tag: 'x' }, after, 7)))).toEqual(both);
      const some = await walk((after) =>
        store().page({ tag: 'x', active: true, search: 'MONITOR' }, after, 3),
      );
      expect(idsOf(some)).toEqual(sorted(idsOf(tagged)));
      expect(await walk((after) => store().page({ priority: 'default' }, after, 7))).toHaveLength(40);
    },
    facts.timeoutMs,
  );

  it('gives schedulers the active ones, light', async () => {
    const active = await createMany(store(), 12, {
      priority: 'low',
      cron: '0 4 * * *',
      timezone: 'Asia/Tokyo',
    });
    const plain = await createMany(store(), 12);
    const [paused] = await createMany(store(), 1, { active: false });
    const schedules = await walk((after) => store().schedules(after, 5));
    const wanted = [...active, ...plain].map(scheduleOf).sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(schedules).toEqual(wanted);
    const asked = await store().schedulesOf([paused!.id, active[0]!.id]);
    expect(asked).toHaveLength(2);
    expect(asked).toEqual(expect.arrayContaining([scheduleOf(paused!), scheduleOf(active[0]!)]));
  });

  it(
    'tells schedulers what was edited at or after a moment, active or not',
    async () => {
      const [edited, retimed, paused, ...rest] = await createMany(store(), 30);
      // Every clock passes this: those above are older than `since` by more than the coarsest one's unit.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      const changes = [
        await store().update(edited!.id, { name: 'edited' }),
        await store().update(retimed!.id, { cron: '0 0 * * *', timezone: 'UTC' }),
        await store().update(paused!.id, { active: false }),
        await createOne(store()),
      ];
      const since = Math.min(...changes.map(({ updatedAt }) => updatedAt));
      await store().record([result(rest[0]!.id, { found: 'down' })], judge);
      const seen = await walk((after) => store().schedulesChangedSince(since, after, 3));
      expect(seen).toEqual(changes.map(scheduleOf).sort((a, b) => (a.id < b.id ? -1 : 1)));
      const none = await store().schedulesChangedSince(
        Math.max(...changes.map((one) => one.updatedAt)) + 1_000,
        null,
        10,
      );
      expect(none).toEqual([]);
      expect(await walk((after) => store().schedulesChangedSince(0, after, 10))).toHaveLength(31);
    },
    facts.timeoutMs,
  );
}
