import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { z } from 'zod';
import type { AppConfig } from '../../../../config/app-config.js';
import { defineCheck, type CheckDefinition } from '../../../../checks/define-check.js';
import { AppError, type ErrorCode } from '../../../../core/errors.js';
import type { MonitorEvents } from '../../../../ports/monitor-events.port.js';
import type { Monitor, MonitorFields, MonitorStore } from '../../../../ports/monitor-store.port.js';
import { Lifecycle } from '../../../../process/lifecycle.js';
import { Announcer } from '../announcer.js';
import { ApiMetrics } from '../api.metrics.js';
import { Room } from '../room.js';
import { Rules } from '../rules.js';
import { ImportWriter } from './import-writer.js';
import { Importer } from './importer.js';
import { ImportReport } from './report.js';

type New = MonitorFields & { id?: string };

/** Keeps what it is told to create; `fail` says what becomes of a call with these names. */
class ScriptedStore {
  readonly kept: string[] = [];
  calls = 0;

  constructor(private readonly fail: (names: string[], call: number) => ErrorCode | null) {}

  isId = () => true;
  count = () => Promise.resolve(this.kept.length);
  get = (ids: readonly string[]) => Promise.resolve(this.there.filter(({ id }) => ids.includes(id)));
  /** What is to be replaced. */
  there: Monitor[] = [];

  update(id: string): Promise<Monitor> {
    this.calls += 1;
    const code = this.fail([id], this.calls);
    return code
      ? Promise.reject(new AppError(code, 'no'))
      : Promise.resolve(this.there.find((each) => each.id === id) as Monitor);
  }

  create(wanted: readonly New[]): Promise<Monitor[]> {
    const names = wanted.map(({ name }) => name);
    this.calls += 1;
    const code = this.fail(names, this.calls);
    if (code) return Promise.reject(new AppError(code, 'no'));
    this.kept.push(...names);
    return Promise.resolve(
      wanted.map((each) => ({ ...each, id: each.name, status: 2, createdAt: 1, updatedAt: 1 })),
    );
  }
}

const check = defineCheck({
  type: 'web',
  describe: 'web',
  schema: z.object({}),
  target: () => null,
  run: () => Promise.reject(new Error('never')),
}) as unknown as CheckDefinition;

async function importing(
  count: number,
  store: ScriptedStore,
  { maxMonitors = 10_000, stopped = false, deaf = false, withIds = false, unreadFrom = Infinity } = {},
) {
  const config = { scheduler: { maxMonitors, timezone: 'UTC' } } as AppConfig;
  const metrics = new ApiMetrics(new Registry());
  let told = 0;
  const publish = () => {
    told += 1;
    return deaf ? Promise.reject(new Error('away')) : Promise.resolve();
  };
  const announcer = new Announcer(
    { publish } as unknown as MonitorEvents,
    metrics,
    pino({ level: 'silent' }),
  );
  const port = store as unknown as MonitorStore;
  const writer = new ImportWriter(port, announcer, new Room(port, config));
  const lifecycle = new Lifecycle();
  if (stopped) lifecycle.beginStop();
  const importer = new Importer(port, new Rules(new Map([['web', check]]), port, config), writer, lifecycle);
  const monitors = Array.from({ length: count }, (_, i) => ({
    ...(withIds ? { id: `n${i}` } : {}),
    name: `n${i}`,
    type: 'web',
    interval: 5,
    config: {},
  }));
  const report = new ImportReport('index', metrics);
  function* items() {
    for (const [at, value] of monitors.entries()) {
      if (at >= unreadFrom) throw new AppError('BUFFER_FULL', 'No room.');
      yield { at, value };
    }
  }
  await importer.run(items(), 'replace', report);
  const unsent = (await metrics.unsent.get()).values[0]?.value;
  return { status: report.status, answer: report.answer('r'), told, unsent };
}

describe('an import whose store', () => {
  it('refuses one of them does the others one by one', async () => {
    const store = new ScriptedStore((names) => (names.includes('n3') ? 'MONITOR_EXISTS' : null));
    const { status, answer } = await importing(6, store);
    expect([status, answer.created, answer.failed]).toEqual([207, 5, 1]);
    expect(answer.errors).toMatchObject([{ index: 3, error: { code: 'MONITOR_EXISTS' } }]);
    expect(store.kept).toEqual(['n0', 'n1', 'n2', 'n4', 'n5']);
    expect(answer.ids).toEqual(['n0', 'n1', 'n2', null, 'n4', 'n5']);
  });

  it('goes away in the midst is not asked again, and each that is left says why', async () => {
    const store = new ScriptedStore((_, call) => (call > 2 ? 'MONITOR_STORE_UNAVAILABLE' : null));
    const { status, answer } = await importing(2000, store);
    expect([status, answer.created, answer.failed]).toEqual([207, 500, 1500]);
    expect(store.calls).toBe(3);
    expect(answer.errors).toHaveLength(1000);
    expect(answer.errors_left_out).toBe(500);
    expect(answer.errors[0]).toMatchObject({
      index: 500,
      error: { code: 'MONITOR_STORE_UNAVAILABLE', retryable: true },
    });
  });

  it('is away answers as such', async () => {
    const { status, answer } = await importing(3, new ScriptedStore(() => 'MONITOR_STORE_UNAVAILABLE'));
    expect([status, answer.failed]).toEqual([503, 3]);
    expect(answer).toMatchObject({ statusCode: 503, code: 'MONITOR_STORE_UNAVAILABLE', retryable: true });
  });

  it('goes away among replacements is asked no further than those under way', async () => {
    const store = new ScriptedStore((_, call) => (call > 8 ? 'MONITOR_STORE_UNAVAILABLE' : null));
    store.there = Array.from(
      { length: 100 },
      (_, i) => ({ id: `n${i}`, createdAt: 1, updatedAt: 1, maintenanceUntil: null }) as Monitor,
    );
    const { status, answer } = await importing(100, store, { withIds: true });
    expect([status, answer.replaced, answer.failed]).toEqual([207, 8, 92]);
    expect(store.calls).toBe(16);
  });

  it('has room for some takes those', async () => {
    const { status, answer } = await importing(600, new ScriptedStore(() => null), { maxMonitors: 300 });
    expect([status, answer.created, answer.failed]).toEqual([207, 300, 300]);
    expect(answer.errors[0]).toMatchObject({ index: 300, error: { code: 'MONITORS_FULL' } });
  });
});

describe('an import', () => {
  it('does nothing more once the process stops', async () => {
    const { status, answer } = await importing(3, new ScriptedStore(() => null), { stopped: true });
    expect([status, answer.failed]).toEqual([503, 3]);
    expect(answer).toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('that cannot be read to its end does what was read, and says from where on nothing is done', async () => {
    const store = new ScriptedStore(() => null);
    const { status, answer } = await importing(600, store, { unreadFrom: 510 });
    expect([status, answer.created, answer.failed, answer.total]).toEqual([207, 510, 1, 511]);
    expect(store.kept).toHaveLength(510);
    expect(answer.errors).toMatchObject([{ index: 510, error: { code: 'BUFFER_FULL', retryable: true } }]);
    expect(answer.errors[0]?.error.message).toContain('from here on');
    const none = new ScriptedStore(() => null);
    await expect(importing(600, none, { unreadFrom: 200 })).rejects.toMatchObject({ code: 'BUFFER_FULL' });
    expect(none.calls).toBe(0);
  });

  it('that nobody can be told of is done all the same, without waiting for each', async () => {
    const { status, answer, told, unsent } = await importing(1000, new ScriptedStore(() => null), {
      deaf: true,
    });
    expect([status, answer.created]).toEqual([200, 1000]);
    expect([told, unsent]).toEqual([250, 1000]);
  });
});
