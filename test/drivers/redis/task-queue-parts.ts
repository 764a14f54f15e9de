import { Redis } from 'ioredis';
import { pino } from 'pino';
import type { ServerTimes } from '../../../src/asynq/server/options.js';
import { RedisLink } from '../../../src/drivers/redis/redis-link.js';
import { redisVariables } from '../../../src/drivers/redis/redis.variables.js';
import { RedisTaskQueue } from '../../../src/drivers/redis/task-queue.js';
import { taskMetrics } from '../../../src/drivers/task-metrics.js';
import { driverContext } from '../../support/driver-context.js';

export interface OpenQueue {
  queue: RedisTaskQueue;
  /** The texts of the log's warnings and errors so far. */
  said: string[];
  /** The figure of a counter, all labels that `labels` does not name added up. */
  counted(name: string, labels?: Record<string, string>): Promise<number>;
}

const opened: RedisTaskQueue[] = [];

/** The queue as one process has it. It looks for due tasks each second. */
export async function openQueue(
  url: string,
  variables: Record<string, string> = {},
  times: Partial<ServerTimes> = {},
): Promise<OpenQueue> {
  const said: string[] = [];
  const write = (line: string): void => {
    const { level, msg } = JSON.parse(line) as { level: number; msg: string };
    if (level >= 40) said.push(msg);
  };
  const context = { ...(await driverContext()), logger: pino({ level: 'debug' }, { write }) };
  const queue = new RedisTaskQueue({
    link: await RedisLink.open(redisVariables.parse({ REDIS_URL: url, ...variables }), context),
    metrics: taskMetrics(context.metrics),
    logger: context.logger,
    times: { forwardMs: 1_000, cleanMs: 1_000, ...times },
  });
  opened.push(queue);
  const counted = async (name: string, wanted: Record<string, string> = {}): Promise<number> => {
    const metric = await context.metrics.getSingleMetric(`carillon_${name}`)!.get();
    return metric.values
      .filter(({ labels }) => Object.entries(wanted).every(([label, value]) => labels[label] === value))
      .reduce((sum, { value }) => sum + value, 0);
  };
  return { queue, said, counted };
}

/** For `afterEach`. */
export async function closeQueues(): Promise<void> {
  await Promise.all(opened.splice(0).map((queue) => queue.close(500)));
}

/** Somebody else at the server. */
export function rawClient(url: string, db = 0): Redis {
  return new Redis(url, { db });
}
