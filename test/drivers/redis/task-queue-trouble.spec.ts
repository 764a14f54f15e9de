import { eventually } from '../../support/eventually.js';
import {
  SERVER_START_MS,
  describeWithServers,
  startPrivateRedis,
  type RedisServer,
} from '../../support/servers/index.js';
import { HOUR, Inbox, task } from '../../contracts/task-queue.support.js';
import { closeQueues, openQueue, rawClient, type OpenQueue } from './task-queue-parts.js';

const PASSWORD = 'of-this-server';
const UNAVAILABLE = { code: 'TASK_QUEUE_UNAVAILABLE', retryable: true };

describeWithServers(['redis-private'], 'a task queue whose Redis', () => {
  let server: RedisServer;
  let port: OpenQueue;
  beforeEach(async () => {
    server = await startPrivateRedis({ password: PASSWORD });
    port = await openQueue(server.url, { REDIS_COMMAND_TIMEOUT_MS: '500' });
  }, SERVER_START_MS);
  afterEach(async () => {
    await closeQueues();
    await server.release();
  }, SERVER_START_MS);

  const work = ({ queue }: OpenQueue, inbox: Inbox) =>
    queue.work({ queues: { q: 1 }, strict: false, concurrency: 5, retryDelayMs: () => HOUR }, inbox.handle);
  const pending = () => server.cli(['llen', 'asynq:{q}:pending']);
  /** Enqueues until it works again, and has it done. */
  const isWell = async (inbox: Inbox) => {
    const one = task('q');
    await eventually(async () => {
      const [result] = await port.queue.enqueueMany([one]);
      expect(['enqueued', 'duplicate-id']).toContain(result);
    }, 20_000);
    await inbox.until(() => expect(inbox.ids).toContain(one.id));
  };

  it('is at its maxmemory: STORAGE_FULL, nothing enqueued, the worker lives and goes on', async () => {
    const inbox = new Inbox(20_000);
    const worker = work(port, inbox);
    await isWell(inbox);
    await server.cli(['config', 'set', 'maxmemory', '1']);
    const tasks = [task('q'), task('q')];
    await expect(port.queue.enqueueMany(tasks)).rejects.toMatchObject({
      code: 'STORAGE_FULL',
      retryable: true,
      message: expect.stringContaining('maxmemory'),
    });
    expect(await pending()).toBe('0\n');
    expect(await port.counted('tasks_enqueued_total', { result: 'STORAGE_FULL' })).toBe(2);
    expect(await port.counted('redis_errors_total', { kind: 'full' })).toBeGreaterThan(0);
    await server.cli(['config', 'set', 'maxmemory', '0']);
    expect(await port.queue.enqueueMany(tasks)).toEqual(['enqueued', 'enqueued']);
    await inbox.has(3);
    await inbox.until(() => expect(worker.trouble).toBeNull());
  }, 60_000);

  it('becomes a replica, and the primary again', async () => {
    const inbox = new Inbox(20_000);
    const worker = work(port, inbox);
    await isWell(inbox);
    const other = await openQueue(server.url);
    await server.cli(['replicaof', '127.0.0.1', '1']);
    // It was told no, so it knows that nothing was enqueued.
    await expect(other.queue.enqueueMany([task('q')])).rejects.toMatchObject(UNAVAILABLE);
    await eventually(async () => {
      await expect(port.queue.enqueueMany([task('q')])).rejects.toMatchObject(UNAVAILABLE);
      expect(worker.trouble).toMatchObject(UNAVAILABLE);
      expect(worker.trouble?.message).toContain('replica');
    });
    await server.cli(['replicaof', 'no', 'one']);
    await isWell(inbox);
    await inbox.until(() => expect(worker.trouble).toBeNull());
  }, 60_000);

  it('wants another password, until it does not', async () => {
    const other = await openQueue(server.url.replace(PASSWORD, 'wrong'));
    const inbox = new Inbox(20_000);
    const worker = work(other, inbox);
    await expect(other.queue.enqueueMany([task('q')])).rejects.toMatchObject(UNAVAILABLE);
    await expect(other.queue.inspector.queues()).rejects.toMatchObject(UNAVAILABLE);
    await expect(other.queue.ping()).rejects.toMatchObject(UNAVAILABLE);
    expect(worker.trouble?.message).toContain('refuses the login');
    expect(other.said.join('\n')).toContain('REDIS_PASSWORD');
    expect(other.said.join('\n')).not.toContain('wrong');
    // One line says it, not one of each activity too.
    await eventually(async () =>
      expect(await other.counted('task_queue_errors_total', { activity: 'fetch' })).toBeGreaterThan(0),
    );
    expect(other.said.filter((line) => line.startsWith('No tasks are taken'))).toEqual([]);
    await server.cli(['config', 'set', 'requirepass', 'wrong']);
    const one = task('q');
    await eventually(() => other.queue.enqueueMany([one]), 20_000);
    await inbox.has(1);
    await inbox.until(() => expect(worker.trouble).toBeNull());
  }, 60_000);

  it('forgets its scripts: nobody notices', async () => {
    const inbox = new Inbox(20_000);
    const worker = work(port, inbox);
    for (let round = 0; round < 5; round++) {
      await server.cli(['script', 'flush']);
      const calls = Array.from({ length: 20 }, () => port.queue.enqueueMany([task('q'), task('q')]));
      for (const results of await Promise.all(calls)) expect(results).toEqual(['enqueued', 'enqueued']);
    }
    await inbox.has(200);
    await server.cli(['script', 'flush']);
    expect((await port.queue.inspector.queues())[0]).toMatchObject({ name: 'q', failed: 0 });
    expect(new Set(inbox.ids).size).toBe(200);
    expect(worker.trouble).toBeNull();
  }, 60_000);

  it('falls silent in the middle: OUTCOME_UNKNOWN, then at once unavailable, and a second call is safe', async () => {
    const inbox = new Inbox(20_000);
    work(port, inbox);
    await isWell(inbox);
    const tasks = Array.from({ length: 50 }, () => task('q', { retentionMs: HOUR }));
    await server.pause();
    try {
      const before = port.queue.enqueueMany(tasks);
      await expect(before).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', retryable: false });
      await expect(port.queue.enqueueMany(tasks)).rejects.toMatchObject(UNAVAILABLE);
      expect(await port.counted('tasks_enqueued_total', { result: 'OUTCOME_UNKNOWN' })).toBe(50);
    } finally {
      await server.resume();
    }
    await eventually(() => port.queue.enqueueMany(tasks), 20_000);
    await inbox.until(() => expect(new Set(inbox.ids).size).toBe(51));
    // None ran twice: what the first call had enqueued after all kept its ids taken.
    expect(inbox.ids.length).toBe(51);
  }, 60_000);

  it('dies and comes back empty: the worker goes on, and a holder of before enqueues nothing', async () => {
    const inbox = new Inbox(20_000);
    const worker = work(port, inbox);
    const redis = rawClient(server.url);
    redis.on('error', () => undefined);
    await redis.set('lease', 'ours');
    const fence = { key: 'lease', holder: 'ours', isHeld: true };
    expect(await port.queue.enqueueMany([task('q')], fence)).toEqual(['enqueued']);
    await inbox.has(1);
    await server.kill();
    await eventually(async () => {
      await expect(port.queue.enqueueMany([task('q')], fence)).rejects.toMatchObject(UNAVAILABLE);
      expect(worker.trouble).toMatchObject(UNAVAILABLE);
    });
    await server.start();
    await eventually(
      () => expect(port.queue.enqueueMany([task('q')], fence)).rejects.toMatchObject({ code: 'LEASE_LOST' }),
      20_000,
    );
    await isWell(inbox);
    expect(inbox.ids.length).toBe(2);
    await inbox.until(() => expect(worker.trouble).toBeNull());
    redis.disconnect();
  }, 60_000);

  it('gives the lease to another while many are enqueued: those before are told, the rest is not there', async () => {
    const redis = rawClient(server.url);
    await redis.set('lease', 'ours');
    const tasks = Array.from({ length: 20_000 }, () => task('q'));
    const call = port.queue.enqueueMany(tasks, { key: 'lease', holder: 'ours', isHeld: true });
    const lost = expect(call).rejects.toMatchObject({ code: 'LEASE_LOST', retryable: false });
    await eventually(async () => expect(Number(await pending())).toBeGreaterThan(0));
    await redis.set('lease', 'theirs');
    await lost;
    const message = await call.catch(({ message }: Error) => message);
    const [, handled] = /: (\d+) of 20000 tasks/.exec(String(message))!;
    expect(await pending()).toBe(`${handled}\n`);
    redis.disconnect();
  }, 60_000);
});
