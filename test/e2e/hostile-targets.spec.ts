import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { MONITOR_STATUS } from '../../src/ports/monitor-store.port.js';
import { get, post } from '../support/app.js';
import { BadServer, closeAll } from '../support/bad-server.js';
import { eventually } from '../support/eventually.js';
import { configAt, HOSTILE, startRawServer, type RawServer } from '../support/hostile-answers.js';
import { startProcess, type RunningProcess } from '../support/process.js';

let service: RunningProcess | undefined;
let web: BadServer | undefined;
const hostile: RawServer[] = [];
beforeAll(async () => {
  web = await BadServer.listen();
  service = await startProcess({
    MODULES: 'leader,scheduler,worker,health',
    CHECK_ALLOW: '127.0.0.1',
    WORKER_EVENT_LOOP_LATE_MS: '60000',
  });
}, 60_000);
afterAll(async () => {
  service?.child.kill('SIGKILL');
  await closeAll([web, ...hostile]);
});

async function monitor(type: string, config: Record<string, unknown>): Promise<string> {
  const fields = { name: type, type, interval: 300, timeout: 20, active: false, config };
  const { status, body } = await post(`${service!.url}/monitors`, fields);
  expect(status).toBe(201);
  return body.id as string;
}

async function looked(id: string, times: number): Promise<{ status: number; message: string }> {
  return eventually(async () => {
    const { body } = await get(`${service!.url}/monitors/${id}/history`);
    expect(body.results.length).toBeGreaterThanOrEqual(times);
    return body.results[0] as { status: number; message: string };
  }, 120_000);
}

it('a monitored server neither kills nor freezes the service, and harms no other monitor', async () => {
  const ids: [string, string][] = [];
  for (const { type, what, answers } of HOSTILE) {
    const server = await startRawServer(answers);
    hostile.push(server);
    ids.push([await monitor(type, configAt(type, server.port)), `${type} ${what}`]);
  }
  const good = await Promise.all(
    Array.from({ length: 5 }, () => monitor('http-keyword', { url: web!.url().href, keyword: 'ok' })),
  );
  let answered = 0;
  const isOver = { yes: false };
  const watching = (async () => {
    while (!isOver.yes) {
      expect((await fetch(`${service!.url}/health/live`)).status).toBe(200);
      answered += 1;
    }
  })();
  const all = [...good, ...ids.map(([id]) => id)];
  await Promise.all(all.map((id) => post(`${service!.url}/monitors/${id}/run`, {})));
  const results = await Promise.all(ids.map(async ([id, what]) => [what, (await looked(id, 1)).status]));
  for (const id of good) expect(await looked(id, 1)).toMatchObject({ status: MONITOR_STATUS.up });
  expect(results.filter(([, status]) => status === MONITOR_STATUS.up)).toEqual([
    ['postgres sends a timestamp of 100,000 digits', MONITOR_STATUS.up],
  ]);
  isOver.yes = true;
  await watching;
  expect(answered).toBeGreaterThan(10);
  expect(service!.child.exitCode).toBeNull();
  service!.child.kill('SIGTERM');
  expect(await service!.exited).toBe(0);
}, 240_000);
