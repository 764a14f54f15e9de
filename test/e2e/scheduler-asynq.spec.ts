import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { post, startApp, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import {
  describeWithServers,
  startAsynqGo,
  startPrivateRedis,
  type AsynqGo,
  type RedisServer,
} from '../support/servers/index.js';
import { startGoWorker } from '../asynq/sides/go-side.js';

/** As test/asynq-go/inspector.go describes a task. */
interface GoTask {
  id: string;
  queue: string;
  type: string;
  payload: string;
  headers: object | null;
  state: string;
  maxRetries: number;
  retried: number;
  timeoutMs: number;
  deadlineAt: number;
  retentionMs: number;
}

const SLACK_MS = 5_000;
const LEADER_KEY = 'e2e:asynq:leader';
const config = { url: 'http://127.0.0.1:9/' };

describeWithServers(['redis-private', 'asynq-go'], 'a Go worker of the real Asynq library', () => {
  let server: RedisServer;
  let app: RunningApp;
  const processes: AsynqGo[] = [];
  const started = () => {
    const process = startAsynqGo(server.url);
    processes.push(process);
    return process;
  };
  afterEach(async () => {
    await app?.stop();
    for (const process of processes.splice(0)) await process.kill();
    await server?.release();
  });

  const open = async (env: Record<string, string> = {}) => {
    server = await startPrivateRedis();
    const REDIS_URL = server.url;
    app = await startApp({
      MODULES: 'scheduler,leader,health',
      DB_TYPE: 'sqlite',
      DB_NAME: join(await mkdtemp(join(tmpdir(), 'carillon-asynq-')), 'monitors.db'),
      REDIS_URL,
      LEADER_KEY,
      LEADER_TTL_MS: '500',
      ...env,
    });
    // A Redis that was just started has no leader for one lease's time.
    const mark = () => server.cli(['get', `carillon:scheduler:watermark:${LEADER_KEY}`]);
    await eventually(async () => expect(await mark()).toMatch(/^\d+/));
  };
  const create = async (fields: object) => {
    const all = { name: 'm', type: 'http', interval: 1, config, ...fields };
    const { status, body } = await post(`${app.url}/monitors`, all);
    expect([status, body]).toMatchObject([201, { name: 'm' }]);
    return { id: body.id as string, createdAt: Date.parse(body.created_at as string) };
  };

  it('receives exactly the contract’s task, at once and then on the grid', async () => {
    await open();
    const { attempts } = await startGoWorker(started(), { queues: { default: 1 } });
    const { id, createdAt } = await create({});
    const firstId = `${id}:${createdAt}`;
    const { deadline, payload, ...begun } = await attempts.began(firstId);
    expect(begun).toEqual({
      event: 'begin',
      task: firstId,
      type: 'monitor:healthcheck',
      headers: null,
      queue: 'default',
      retried: 0,
      maxRetries: 3,
    });
    const text = Buffer.from(payload!, 'base64').toString();
    const scheduled = new Date(createdAt).toISOString().replace('.000Z', 'Z');
    expect(text).toBe(`{"monitor_id":"${id}","scheduled_at":"${scheduled}"}`);
    expect(Math.abs(deadline - (Date.now() + 300_000))).toBeLessThan(SLACK_MS);

    await eventually(() => expect(attempts.begun.length).toBeGreaterThan(3));
    const [, ...later] = attempts.begun.map(({ task }) => Number(task.slice(id.length + 1)));
    for (const planned of later) expect((planned - later[0]!) % 1000).toBe(0);
    expect(new Set(attempts.begun.map(({ task }) => task)).size).toBe(attempts.begun.length);
  });

  it('finds its options as the contract has them, in the queue of its priority', async () => {
    await open();
    const go = started();
    for (const priority of ['critical', 'default', 'low']) {
      const { id, createdAt } = await create({ priority, interval: 3600 });
      const task = `${id}:${createdAt}`;
      const seen = await eventually(() => go.ask<GoTask>('task', { queue: priority, id: task }));
      expect(seen).toMatchObject({
        id: task,
        queue: priority,
        type: 'monitor:healthcheck',
        state: 'pending',
        maxRetries: 3,
        retried: 0,
        timeoutMs: 300_000,
        deadlineAt: 0,
        retentionMs: 3_600_000,
      });
      const payload = JSON.parse(Buffer.from(seen.payload, 'base64').toString()) as object;
      expect(Object.keys(payload)).toEqual(['monitor_id', 'scheduled_at']);
    }
    const { attempts } = await startGoWorker(started(), { queues: { critical: 1 } });
    const [{ task } = { task: '' }] = await eventually(() => {
      expect(attempts.begun).toHaveLength(1);
      return attempts.begun;
    });
    await eventually(async () =>
      expect(await go.ask('task', { queue: 'critical', id: task })).toMatchObject({ state: 'completed' }),
    );
  });

  it('finds them as the environment has them', async () => {
    const TASK_QUEUE = `checks-${randomUUID()}`;
    const times = { TASK_TIMEOUT_S: '20', TASK_RETENTION_S: '600', TASK_MAX_RETRIES: '0' };
    await open({ TASK_TYPE: 'check', TASK_QUEUE, ...times });
    const { id, createdAt } = await create({ interval: 3600 });
    const go = started();
    const wanted = { queue: TASK_QUEUE, id: `${id}:${createdAt}` };
    const seen = await eventually(() => go.ask<GoTask>('task', wanted));
    expect(seen).toMatchObject({
      ...wanted,
      type: 'check',
      maxRetries: 0,
      timeoutMs: 20_000,
      retentionMs: 600_000,
    });
  });
});
