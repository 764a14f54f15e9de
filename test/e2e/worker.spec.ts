import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MonitorEvents } from '../../src/ports/monitor-events.port.js';
import { MONITOR_STATUS, type Monitor } from '../../src/ports/monitor-store.port.js';
import { BadServer, closeAll } from '../support/bad-server.js';
import { eventually } from '../support/eventually.js';
import { closedPort, HangingServer } from '../support/hanging-server.js';
import { WorkingApp } from '../support/working.js';

const SECOND = 1000;

let app: WorkingApp;
let web: BadServer;
let hanging: HangingServer | undefined;
beforeAll(async () => {
  web = await BadServer.listen();
  app = await WorkingApp.start({ WORKER_QUEUE_WEIGHTS: '6,3,1' });
});
afterAll(async () => {
  // Also when the start failed half-way.
  const [code] = await Promise.all([
    (app as WorkingApp | undefined)?.stop(),
    closeAll([web, hanging] as (BadServer | HangingServer | undefined)[]),
  ]);
  expect(code).toBe(0);
});

const http = (path = '/') => ({ type: 'http', config: { url: web.url(path).href, method: 'GET' } });
const one = (monitor: Monitor) =>
  eventually(async () => {
    const [result] = await app.results(monitor);
    expect(result).toBeDefined();
    return result!;
  });

describe('a task', () => {
  it('becomes a result, and the status of its monitor', async () => {
    const monitor = await app.monitor(http());
    const planned = Date.now();
    const id = await app.tick(monitor, planned);
    expect(await one(monitor)).toMatchObject({
      id,
      monitorId: monitor.id,
      plannedAt: planned,
      found: 'up',
      status: 'up',
    });
    const [after] = await app.store.get([monitor.id]);
    expect(after).toMatchObject({ status: MONITOR_STATUS.up, updatedAt: monitor.updatedAt });
    await eventually(async () => expect((await app.tasks('completed')).map((task) => task.id)).toContain(id));
  });

  it('of a target that refuses is down', async () => {
    const monitor = await app.monitor({ config: { host: '127.0.0.1', port: await closedPort() } });
    await app.tick(monitor);
    expect(await one(monitor)).toMatchObject({ found: 'down', status: 'down' });
    expect((await app.store.get([monitor.id]))[0]!.status).toBe(MONITOR_STATUS.down);
  });

  it('of each priority is taken, each from its queue', async () => {
    for (const priority of ['critical', 'low'] as const) {
      const monitor = await app.monitor({ ...http(), priority });
      await app.tick(monitor);
      expect(await one(monitor)).toMatchObject({ status: 'up' });
      await eventually(async () => expect(await app.tasks('completed', priority)).not.toEqual([]));
    }
  });

  it('of a type without a check is unknown, and leaves the status as it was', async () => {
    const monitor = await app.monitor({ type: 'mqtt' });
    await app.tick(monitor);
    expect(await one(monitor)).toMatchObject({ found: 'unknown', status: 'unknown' });
    expect((await app.store.get([monitor.id]))[0]!.status).toBe(monitor.status);
    expect(await app.metric('carillon_worker_checks_total', 'type="other"', 'found="unknown"')).toBe(1);
  });

  it('twice under one id is one result', async () => {
    const monitor = await app.monitor(http());
    const planned = Date.now();
    const id = await app.tick(monitor, planned);
    await one(monitor);
    await eventually(async () => expect((await app.tasks('completed')).map((task) => task.id)).toContain(id));
    const checks = () => app.metric('carillon_worker_checks_total', 'type="http"');
    const before = await checks();
    await app.queue.inspector.delete('default', id);
    await app.tick(monitor, planned);
    await eventually(async () => expect(await checks()).toBe(before + 1));
    await eventually(async () => expect((await app.tasks('completed')).map((task) => task.id)).toContain(id));
    expect(await app.results(monitor)).toHaveLength(1);
  });
});

describe('is dropped by rule', () => {
  it('a tick that is a whole interval late', async () => {
    const monitor = await app.monitor({ ...http(), interval: 20 });
    await app.tick(monitor, Date.now() - 21 * SECOND);
    await eventually(async () =>
      expect(await app.metric('carillon_worker_dropped_total', 'reason="stale"')).toBe(1),
    );
    expect(await app.results(monitor)).toEqual([]);
  });

  it('one of a monitor that is paused, or gone', async () => {
    const paused = await app.monitor({ ...http(), active: false });
    const gone = await app.monitor(http());
    await app.store.delete([gone.id]);
    await app.tick(paused);
    await app.tick(gone);
    await eventually(async () => {
      expect(await app.metric('carillon_worker_dropped_total', 'reason="paused"')).toBe(1);
      expect(await app.metric('carillon_worker_dropped_total', 'reason="gone"')).toBe(1);
    });
    expect(await app.results(paused)).toEqual([]);
  });
});

describe('is no health task', () => {
  it('a payload that says nothing is archived, for somebody to look at', async () => {
    const monitor = await app.monitor(http());
    const id = await app.tick(monitor, Date.now(), {
      id: randomUUID(),
      payload: Buffer.from('{"monitor":7}'),
    });
    await eventually(async () => {
      const found = (await app.tasks('archived')).find((task) => task.id === id);
      expect(found?.lastError).toContain('monitor_id');
    });
    expect(app.log.map(({ msg }) => msg).join()).toContain('A task was archived');
  });

  it('another type is left to a worker that knows it, and ends in the archive', async () => {
    const monitor = await app.monitor(http());
    const id = await app.tick(monitor, Date.now(), { id: randomUUID(), type: 'mail:send', maxRetries: 0 });
    await eventually(async () => {
      const found = (await app.tasks('archived')).find((task) => task.id === id);
      expect(found?.lastError).toContain('mail:send');
    });
    expect(await app.results(monitor)).toEqual([]);
  });
});

it('an edit counts from the next task on', async () => {
  const monitor = await app.monitor(http('/before'));
  await app.tick(monitor);
  await one(monitor);
  const port = await closedPort();
  await app.store.update(monitor.id, { type: 'tcp', config: { host: '127.0.0.1', port } });
  const event = { type: 'monitor.updated' as const, monitor: { id: monitor.id } };
  await app.port(MonitorEvents).publish(event);
  await app.tick(monitor);
  await eventually(async () =>
    expect((await app.results(monitor)).map(({ status }) => status)).toEqual(['up', 'down']),
  );
});

it('a pending monitor is looked at again after its retry interval, as often as it has retries', async () => {
  const config = { host: '127.0.0.1', port: await closedPort() };
  const monitor = await app.monitor({ config, maxRetries: 2, retryInterval: 1 });
  await app.tick(monitor);
  const statuses = async () => (await app.results(monitor)).map(({ status }) => status);
  await eventually(async () => expect(await statuses()).toEqual(['pending', 'pending', 'down']));
  const planned = (await app.results(monitor)).map(({ plannedAt }) => plannedAt);
  expect(planned[1]! - planned[0]!).toBeGreaterThanOrEqual(SECOND);
  expect(planned[2]! - planned[1]!).toBeGreaterThanOrEqual(SECOND);
});

describe('a target that hangs', () => {
  it('beside 100 healthy ones: it is down on time at each tick, and nobody’s cadence suffers', async () => {
    const { url } = (hanging = await HangingServer.listen());
    const ill = await app.monitor({
      timeout: 1,
      interval: 20,
      config: { url },
      type: 'http',
    });
    const healthy = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        app.monitor({ ...http(`/${index}`), interval: 20, timeout: 10 }),
      ),
    );
    const first = Date.now() + 500;
    const ticks = [0, 1, 2, 3].map((tick) => first + tick * 500);
    for (const planned of ticks)
      for (const monitor of [ill, ...healthy]) await app.tick(monitor, planned, { processAt: planned });
    await eventually(async () => {
      for (const monitor of [ill, ...healthy])
        expect((await app.results(monitor)).map(({ plannedAt }) => plannedAt)).toEqual(ticks);
    }, 20_000);
    for (const monitor of healthy)
      expect((await app.results(monitor)).every(({ status }) => status === 'up')).toBe(true);
    for (const { status, message, at, plannedAt } of await app.results(ill)) {
      expect([status, message]).toEqual(['down', 'no answer within 1000 ms']);
      // Timers may be a millisecond early.
      expect(at - plannedAt).toBeGreaterThan(SECOND - 10);
    }
    await eventually(() => expect(hanging!.open).toBe(0));
  }, 40_000);
});
