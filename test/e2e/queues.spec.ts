import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TaskQueue } from '../../src/ports/task-queue.port.js';
import { ARCHIVE, HOUR, Suite, task } from '../contracts/task-queue.support.js';
import {
  answerOf,
  get,
  post,
  startApp,
  type Answer,
  type Environment,
  type RunningApp,
} from '../support/app.js';
import { describeWithServers, startedRedis, startPrivateRedis } from '../support/servers/index.js';

const MODULES = 'scheduler,leader,worker,health';
/** No other suite has it. */
const DATABASE = '62';
const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe('GET /queues on the embedded queue', () => queuesApi(() => Promise.resolve({})));

describeWithServers(['redis'], 'GET /queues on Redis', () =>
  queuesApi(async () => ({
    REDIS_URL: (await startedRedis()).url,
    REDIS_DB: DATABASE,
    LEADER_KEY: `test:e2e:${randomUUID()}`,
  })),
);

/** Tasks are brought through the port, as a scheduler and a worker would. */
function queuesApi(environment: () => Promise<Environment>): void {
  let app: RunningApp;
  let suite: Suite;
  beforeAll(async () => {
    app = await startApp({ MODULES, ...(await environment()) });
    const queue = app.app.get(TaskQueue);
    const opened = {
      queue,
      newName: () => `e2e-${randomUUID()}`,
      newLease: () => Promise.reject(new Error('none')),
      close: () => Promise.resolve(),
    };
    const facts = { timeoutMs: 30_000, patienceMs: 20_000 };
    suite = new Suite(
      () => opened,
      () => Promise.resolve(opened),
      facts,
    );
  }, 30_000);
  afterAll(async () => {
    await suite?.stopAll();
    await app?.stop();
  });

  const path = (...parts: string[]) => `${app.url}/queues/${parts.map(encodeURIComponent).join('/')}`;
  const act = (name: string, id: string, action: string, body: unknown = {}) =>
    post(path(name, 'tasks', id, action), body);
  const remove = async (name: string, id: string): Promise<Answer> =>
    answerOf(await fetch(path(name, 'tasks', id), { method: 'DELETE' }));
  const stateOf = async (name: string, id: string) =>
    (await get(path(name, 'tasks', id))).body.state as string;
  const codeOf = ({ status, body }: Answer) => [status, body.code as string];

  it('tells what lies in each queue', async () => {
    const name = suite.newName();
    await suite.bring('completed', name);
    await suite.bring('archived', name);
    await suite.bring('scheduled', name);
    const { status, body } = await get(path(name));
    const shown = {
      name,
      is_paused: false,
      counts: { pending: 0, active: 0, scheduled: 1, retry: 0, archived: 1, completed: 1 },
      latency_ms: 0,
      processed_today: 2,
      failed_today: 1,
      processed: 2,
      failed: 1,
    };
    expect([status, body]).toEqual([200, shown]);
    const all = (await get(`${app.url}/queues`)).body.queues as { name: string }[];
    expect(all.find((each) => each.name === name)).toEqual(shown);
    const names = all.map((each) => each.name);
    expect(names).toEqual([...names].sort());
  });

  it('shows a task, its payload as the JSON that it is, its times as ISO 8601', async () => {
    const name = suite.newName();
    const payload = Buffer.from('{"monitor_id":"m","scheduled_at":"2026-01-31T12:00:00Z"}');
    const { id } = await suite.bring('completed', name, { payload, headers: { a: 'ü' } });
    const { status, body } = await get(path(name, 'tasks', id));
    expect(status).toBe(200);
    expect(body).toEqual({
      id,
      queue: name,
      type: 'monitor:healthcheck',
      state: 'completed',
      payload: { monitor_id: 'm', scheduled_at: '2026-01-31T12:00:00Z' },
      payload_encoding: 'json',
      payload_bytes: payload.length,
      headers: { a: 'ü' },
      max_retries: 3,
      retried: 0,
      last_error: null,
      last_failed_at: null,
      next_at: null,
      completed_at: ISO,
      result: Buffer.from('fertig').toString('base64'),
      result_encoding: 'base64',
      result_bytes: 6,
    });
    const failed = await suite.bring('archived', name);
    expect((await get(path(name, 'tasks', failed.id))).body).toMatchObject({
      state: 'archived',
      last_error: (ARCHIVE as { message: string }).message,
      last_failed_at: ISO,
      completed_at: null,
      result: null,
    });
  });

  it('lists the tasks of a state in pages, large payloads by their size', async () => {
    const name = suite.newName();
    const payload = Buffer.from(JSON.stringify('x'.repeat(5_000)));
    const tasks = Array.from({ length: 5 }, () => task(name, { payload }));
    await suite.enqueue(...tasks);
    await suite.bring('scheduled', name);
    const list = async (query: string) => (await get(`${path(name, 'tasks')}?${query}`)).body;
    const first = await list('size=3');
    expect(first).toMatchObject({ queue: name, state: 'pending', page: 1, size: 3 });
    const second = await list('state=pending&page=2&size=3');
    const ids = [...first.tasks, ...second.tasks].map(({ id }: { id: string }) => id);
    expect(ids).toEqual(tasks.map(({ id }) => id));
    expect(first.tasks[0]).toMatchObject({
      payload: null,
      payload_encoding: null,
      payload_bytes: payload.length,
    });
    expect((await get(path(name, 'tasks', tasks[0]!.id))).body.payload).toHaveLength(5_000);
    expect((await list('state=scheduled')).tasks).toMatchObject([{ next_at: ISO }]);
    expect((await list('state=active')).tasks).toEqual([]);
  });

  it('runs, archives and deletes a task', async () => {
    const name = suite.newName();
    const { id } = await suite.bring('scheduled', name);
    expect((await act(name, id, 'archive')).status).toBe(204);
    expect(await stateOf(name, id)).toBe('archived');
    expect(codeOf(await act(name, id, 'archive'))).toEqual([409, 'TASK_STATE']);
    const ran = await act(name, id, 'run');
    expect([ran.status, ran.text]).toEqual([204, '']);
    expect(await stateOf(name, id)).toBe('pending');
    expect(codeOf(await act(name, id, 'run'))).toEqual([409, 'TASK_STATE']);
    expect((await remove(name, id)).status).toBe(204);
    expect(codeOf(await remove(name, id))).toEqual([404, 'TASK_UNKNOWN']);
  });

  it('cancels an active task, which nobody may delete', async () => {
    const name = suite.newName();
    const { id } = await suite.bring('active', name);
    expect(codeOf(await remove(name, id))).toEqual([409, 'TASK_STATE']);
    expect((await act(name, id, 'cancel')).status).toBe(204);
    await suite.becomes(name, id, 'retry');
    expect(codeOf(await act(name, id, 'cancel'))).toEqual([409, 'TASK_STATE']);
  });

  it('pauses a queue and lets it go on', async () => {
    const name = suite.newName();
    await suite.bring('pending', name);
    const paused = await post(`${path(name)}/pause`, {});
    expect([paused.status, paused.body]).toMatchObject([200, { name, is_paused: true }]);
    const { inbox } = suite.work(name);
    expect((await get(path(name))).body).toMatchObject({ is_paused: true, counts: { pending: 1 } });
    const resumed = await post(`${path(name)}/resume`, {});
    expect([resumed.status, resumed.body]).toMatchObject([200, { is_paused: false }]);
    await inbox.has(1);
  });

  it.each(['a:b/c d', '100%', 'größer 📦', '../tasks', 'x?y#z', '.'.repeat(30)])(
    'takes %p as a name of both',
    async (odd) => {
      const name = `${suite.newName()} ${odd}`;
      const id = `${odd}:${randomUUID()}:1`;
      await suite.enqueue(task(name, { id, processAt: Date.now() + HOUR }));
      expect((await get(path(name, 'tasks', id))).body).toMatchObject({ id, queue: name });
      expect((await act(name, id, 'run')).status).toBe(204);
      expect((await remove(name, id)).status).toBe(204);
      expect((await get(path(name))).body.name).toBe(name);
    },
  );

  it('knows no queue and no task that never was', async () => {
    const name = suite.newName();
    const NO_QUEUE = [404, 'QUEUE_UNKNOWN'];
    for (const url of [path(name), path(name, 'tasks'), path(name, 'tasks', 'x')])
      expect(codeOf(await get(url))).toEqual(NO_QUEUE);
    for (const action of ['run', 'archive', 'cancel'])
      expect(codeOf(await act(name, 'x', action))).toEqual(NO_QUEUE);
    expect(codeOf(await remove(name, 'x'))).toEqual(NO_QUEUE);
    for (const action of ['pause', 'resume'])
      expect(codeOf(await post(path(name, action), {}))).toEqual(NO_QUEUE);
    await suite.bring('pending', name);
    const NO_TASK = [404, 'TASK_UNKNOWN'];
    expect(codeOf(await get(path(name, 'tasks', 'x')))).toEqual(NO_TASK);
    for (const action of ['run', 'archive', 'cancel'])
      expect(codeOf(await act(name, 'x', action))).toEqual(NO_TASK);
  });

  it.each([
    'state=done',
    'page=0',
    'page=1.5',
    'size=0',
    'size=1001',
    'size=x',
    'state=pending&state=active',
  ])('refuses to list by %s', async (query) => {
    const name = suite.newName();
    await suite.bring('pending', name);
    const { status, body } = await get(`${path(name, 'tasks')}?${query}`);
    expect([status, body.code, body.detail[0].loc[0]]).toEqual([422, 'VALIDATION_FAILED', 'query']);
  });

  it('refuses bodies that say more than nothing, and does nothing then', async () => {
    const name = suite.newName();
    const { id } = await suite.bring('scheduled', name);
    expect(codeOf(await act(name, id, 'run', { dry_run: true }))).toEqual([422, 'VALIDATION_FAILED']);
    expect(codeOf(await act(name, id, 'archive', '{'))).toEqual([400, 'MALFORMED_JSON']);
    expect(codeOf(await post(`${path(name)}/pause`, { for: 5 }))).toEqual([422, 'VALIDATION_FAILED']);
    expect(await stateOf(name, id)).toBe('scheduled');
    expect((await get(path(name))).body.is_paused).toBe(false);
  });
}

describeWithServers(['redis-private'], 'GET /queues without its Redis', () => {
  it('answers 503 and says why', async () => {
    const server = await startPrivateRedis();
    const app = await startApp({ MODULES, REDIS_URL: server.url, LEADER_TTL_MS: '1000' });
    try {
      await server.kill();
      const { status, body, headers } = await get(`${app.url}/queues`);
      expect([status, body.code, body.retryable]).toEqual([503, 'TASK_QUEUE_UNAVAILABLE', true]);
      expect(headers.get('retry-after')).not.toBeNull();
    } finally {
      await app.stop();
      await server.release();
    }
  }, 30_000);
});
