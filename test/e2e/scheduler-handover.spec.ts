import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { phase } from '../../src/modules/scheduler/time/phase.js';
import { LeaderLease } from '../../src/ports/leader-lease.port.js';
import { MonitorStore } from '../../src/ports/monitor-store.port.js';
import { TaskQueue } from '../../src/ports/task-queue.port.js';
import { get, post, startApp, type LogLine, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { monitorFields } from '../support/monitor-fields.js';
import { describeWithServers, startPrivateRedis, type RedisServer } from '../support/servers/index.js';

const MONITORS = 20;
const fields = monitorFields({ type: 'docker', name: 'one', interval: 1, timeout: 1, retryInterval: 1 });

describeWithServers(['redis-private'], 'two schedulers on one Redis and one database', () => {
  let redis: RedisServer;
  let env: Record<string, string>;
  const apps: RunningApp[] = [];

  beforeAll(async () => {
    redis = await startPrivateRedis();
    env = {
      MODULES: 'leader,scheduler,health',
      REDIS_URL: redis.url,
      LEADER_TTL_MS: '2000',
      DB_TYPE: 'sqlite',
      DB_NAME: join(await mkdtemp(join(tmpdir(), 'carillon-handover-')), 'monitors.db'),
      SCHEDULER_CATCH_UP: 'all',
    };
  });
  afterAll(async () => {
    for (const app of apps) await app.stop();
    await redis?.release();
  });

  const start = async (log?: LogLine[]) => {
    const app = await startApp(env, { log });
    apps.push(app);
    return app;
  };
  const statusOf = async ({ url }: RunningApp) => (await get(`${url}/scheduler/status`)).body;
  const runs = (app: RunningApp) =>
    eventually(async () => expect(await statusOf(app)).toMatchObject({ state: 'running', role: 'leader' }));

  it('hand over without a hole and with nothing twice; a standby says who leads', async () => {
    const first = await start();
    await runs(first);
    const store = first.app.get(MonitorStore);
    await store.create(Array.from({ length: MONITORS }, (_, i) => ({ ...fields, interval: 1 + (i % 3) })));
    expect((await post(`${first.url}/scheduler/sync`, {})).body.monitors).toBe(MONITORS);

    const log: LogLine[] = [];
    const second = await start(log);
    expect(await statusOf(second)).toMatchObject({
      role: 'standby',
      state: 'standby',
      monitors: 0,
      term: null,
    });
    const { status, body } = await post(`${second.url}/scheduler/sync`, {});
    expect([status, body.code]).toEqual([409, 'NOT_LEADER']);
    expect(body.message).toContain((await statusOf(first)).node);

    const from = Date.now();
    await eventually(() => expect(Date.now() - from).toBeGreaterThan(2500));
    expect(await first.stop()).toBe(0);
    apps.splice(apps.indexOf(first), 1);
    await runs(second);
    await eventually(async () =>
      expect(Date.parse((await statusOf(second)).watermark) - from).toBeGreaterThan(7000),
    );
    const { watermark, books } = await statusOf(second);
    const to = Date.parse(watermark as string);

    const { inspector } = second.app.get(TaskQueue);
    const ids = (await inspector.list('default', 'pending', { number: 1, size: 1000 })).map(({ id }) => id);
    for (const { id, interval } of await second.app.get(MonitorStore).schedules(null, 100)) {
      const period = interval * 1000;
      const begin = from - (from % period) + phase(id, period);
      const all = Array.from({ length: (to - from) / period + 3 }, (_, k) => begin + (k - 1) * period);
      const planned = ids
        .filter((each) => each.startsWith(`${id}:`))
        .map((each) => Number(each.slice(id.length + 1)))
        .filter((tick) => tick > from && tick <= to);
      expect(planned.sort()).toEqual(all.filter((tick) => tick > from && tick <= to));
    }
    expect(books.duplicate).toBe(0);
    expect(log.map(({ msg }) => msg).join('\n')).not.toContain('no watermark');
  }, 60_000);

  it('a leader whose Redis was emptied goes on, and writes the watermark anew', async () => {
    const [leader] = apps as [RunningApp];
    await redis.cli(['flushall']);
    const { watermark } = await statusOf(leader);
    await eventually(async () => {
      const now = await statusOf(leader);
      expect(now.state).toBe('running');
      expect(Date.parse(now.watermark)).toBeGreaterThan(Date.parse(watermark) + 1000);
      const { fence } = leader.app.get(LeaderLease).term!;
      expect(await leader.app.get(TaskQueue).watermark(fence)).not.toBeNull();
    }, 20_000);
    const { books } = await statusOf(leader);
    const { missed, fenced, window, paused } = books.skipped;
    expect(books.planned).toBe(
      books.enqueued + books.duplicate + missed + fenced + window + paused + books.waiting,
    );
  }, 60_000);
});
