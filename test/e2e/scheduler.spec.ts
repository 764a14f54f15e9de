import { afterEach, describe, expect, it } from '@jest/globals';
import { TaskQueue } from '../../src/ports/task-queue.port.js';
import { MonitorEvents } from '../../src/ports/monitor-events.port.js';
import { MonitorStore, type MonitorFields } from '../../src/ports/monitor-store.port.js';
import { get, post, startApp, type LogLine, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { monitorFields } from '../support/monitor-fields.js';
import { runToEnd } from '../support/process.js';

/** A type that no check knows: nothing is asked, whatever parts run. */
const fields = monitorFields({ type: 'docker', name: 'one', interval: 1, timeout: 1, retryInterval: 1 });

let running: RunningApp | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(log?: LogLine[]): Promise<RunningApp> {
  running = await startApp({ MODULES: 'leader,scheduler,worker,health' }, { log });
  await eventually(async () => expect((await status()).state).toBe('running'));
  return running;
}

const status = async () => (await get(`${running!.url}/scheduler/status`)).body;

async function create(...monitors: Partial<MonitorFields>[]): Promise<string[]> {
  const { app } = running!;
  const created = await app.get(MonitorStore).create(monitors.map((one) => ({ ...fields, ...one })));
  for (const { id } of created)
    await app.get(MonitorEvents).publish({ type: 'monitor.created', monitor: { id } });
  return created.map(({ id }) => id);
}

describe('the scheduler, embedded', () => {
  it('turns a new monitor into tasks: at once, then on its grid, with books that balance', async () => {
    const log: LogLine[] = [];
    await start(log);
    const [id = ''] = await create({});
    const [row] = await running!.app.get(MonitorStore).schedulesOf([id]);
    const tasks = await eventually(async () => {
      const { inspector } = running!.app.get(TaskQueue);
      const done = await inspector.list('default', 'completed', { number: 1, size: 100 });
      expect(done.length).toBeGreaterThanOrEqual(3);
      return done;
    });
    const planned = tasks.map((task) => Number(task.id.split(':')[1])).sort((a, b) => a - b);
    expect(planned[0]).toBe(Math.floor(row!.createdAt));
    expect(planned[2]! - planned[1]!).toBe(1000);
    const { books, lateness_ms, ...view } = await status();
    const { missed, fenced, window, paused } = books.skipped;
    expect(books.planned).toBe(
      books.enqueued + books.duplicate + missed + fenced + window + paused + books.waiting,
    );
    expect(view).toMatchObject({
      role: 'leader',
      monitors: 1,
      total_jobs: 1,
      cron_entries: 1,
      trouble: null,
    });
    expect(lateness_ms.ticks).toBeGreaterThanOrEqual(3);
    const said = log.map(({ msg }) => msg);
    expect(said).toEqual(expect.arrayContaining(['Starting producer', 'Syncing monitors with scheduler']));
    const { text } = await get(`${running!.url}/metrics`);
    expect(text).toMatch(/^carillon_scheduler_enqueued_total [1-9]/m);
    expect(text).toMatch(/^carillon_scheduler_skipped_total\{reason="missed"\} \d/m);
  });

  it('syncs when it is asked to: what no event told is found', async () => {
    await start();
    await running!.app.get(MonitorStore).create([fields, { ...fields, interval: 3600 }]);
    const { status: code, body } = await post(`${running!.url}/scheduler/sync`, {});
    expect([code, body.added, body.monitors]).toEqual([200, 2, 2]);
    expect((await post(`${running!.url}/scheduler/sync`, { all: true })).status).toBe(422);
  });

  it('is shown among the endpoints, and stops with nothing left', async () => {
    const { url } = await start();
    expect((await get(url)).body.endpoints).toMatchObject({ scheduler: '/scheduler/status' });
    await create({});
    const code = await running!.stop();
    running = undefined;
    expect(code).toBe(0);
  });
});

it('refuses to start when done tasks are forgotten within the catch-up window', async () => {
  const { code, stderr } = await runToEnd({
    MODULES: 'leader,scheduler,worker',
    TASK_RETENTION_S: '299',
  });
  expect(code).not.toBe(0);
  expect(stderr).toContain('TASK_RETENTION_S must be at least 300');
});
