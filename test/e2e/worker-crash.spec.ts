import { randomUUID } from 'node:crypto';
import { afterAll, expect, it } from '@jest/globals';
import { healthTask, tickId } from '../../src/monitors/health-task.js';
import { closeQueues, openQueue, rawClient } from '../drivers/redis/task-queue-parts.js';
import { get, post } from '../support/app.js';
import { BadServer, closeAll } from '../support/bad-server.js';
import { eventually } from '../support/eventually.js';
import { startProcess } from '../support/process.js';
import { describeWithServers, startPrivateRedis, type RedisServer } from '../support/servers/index.js';

const MONITORS = 20;
const TICKS = 10;
const task = {
  type: 'monitor:healthcheck',
  queues: { critical: 'critical', default: 'default', low: 'low' },
  maxRetries: 3,
  timeoutMs: 300_000,
  retentionMs: 3_600_000,
};

async function resultIds(url: string, monitorId: string): Promise<string[]> {
  const { body } = await get(`${url}/monitors/${monitorId}/history?limit=1000`);
  return (body.results as { id: string }[]).map(({ id }) => id);
}

/** What the dead worker had in hand lies there as if more than a minute had gone by: its leases are long over. Answers how many. */
async function aMinuteLater(redisUrl: string): Promise<number> {
  const redis = rawClient(redisUrl);
  const leases = 'asynq:{default}:lease';
  const ids = await redis.zrange(leases, '0', '-1');
  for (const id of ids) await redis.zincrby(leases, -90, id);
  redis.disconnect();
  return ids.length;
}

describeWithServers(['redis-private'], 'kill -9 of a worker', () => {
  let redis: RedisServer | undefined;
  let web: BadServer | undefined;
  afterAll(async () => {
    await closeQueues();
    await closeAll([web]);
    await redis?.release();
  });

  it('what it had in hand is done by the next one: each task has one result, none has two', async () => {
    redis = await startPrivateRedis();
    const server = (web = await BadServer.listen());
    // Slow, so that many checks are under way when it dies.
    server.behave = (response) => void setTimeout(() => response.end('well'), 150);
    const env = {
      REDIS_URL: redis.url,
      LEADER_KEY: randomUUID(),
      CHECK_ALLOW: '127.0.0.1',
      WORKER_STALE_INTERVALS: '1000',
      WORKER_CONCURRENCY: '20',
      WORKER_PER_HOST: '20',
    };
    const first = await startProcess(env);
    const ids = await Promise.all(
      Array.from({ length: MONITORS }, async (_, index) => {
        const config = { url: server.url(`/${index}`).href };
        const body = { name: `m${index}`, type: 'http', interval: 86_400, timeout: 30, config };
        return (await post(`${first.url}/monitors`, body)).body.id as string;
      }),
    );
    const { queue } = await openQueue(redis.url);
    const now = Date.now();
    const planned = ids.flatMap((monitorId) =>
      Array.from({ length: TICKS }, (_, tick) => ({ monitorId, scheduledAt: now - tick * 1_000 })),
    );
    const tasks = planned.map((health) =>
      healthTask(tickId(health.monitorId, health.scheduledAt), health, 'default', task),
    );
    await queue.enqueueMany(tasks);
    await eventually(() => expect(server.seen.length).toBeGreaterThan(MONITORS * 3));
    first.child.kill('SIGKILL');
    await first.exited;
    expect(await aMinuteLater(redis.url)).toBeGreaterThan(0);
    const second = await startProcess({ ...env, DATA_FOLDER: first.folder });
    const wanted = new Set(tasks.map(({ id }) => id));
    await eventually(async () => {
      const found = await Promise.all(ids.map((id) => resultIds(second.url, id)));
      const ours = found.flat().filter((id) => wanted.has(id));
      expect(new Set(ours)).toEqual(wanted);
      expect(ours).toHaveLength(wanted.size);
    }, 60_000);
    const { archived, active } = (await queue.inspector.queues()).find(
      ({ name }) => name === 'default',
    )!.counts;
    expect({ archived, active }).toEqual({ archived: 0, active: 0 });
    second.child.kill('SIGTERM');
    expect(await second.exited).toBe(0);
  }, 120_000);
});
