import type { Logger } from 'pino';
import { Client, type EnqueueMark } from '../../asynq/client.js';
import { Server } from '../../asynq/server.js';
import type { ServerTimes } from '../../asynq/server/options.js';
import { AppError, asAppError } from '../../core/errors.js';
import type { Fence } from '../../ports/leader-lease.port.js';
import {
  TaskQueue,
  type EnqueueResult,
  type NewTask,
  type TaskHandler,
  type TaskWorker,
  type WorkOptions,
} from '../../ports/task-queue.port.js';
import { checkTasks, checkWatermark } from '../check-task.js';
import { checkWork } from '../check-work.js';
import type { TaskMetrics } from '../task-metrics.js';
import { failureOf, redisError } from './redis-error.js';
import type { RedisLink } from './redis-link.js';
import { ask, write } from './task-queue-calls.js';
import { DamageLog, workerHooks } from './task-queue-hooks.js';
import { RedisTaskInspector } from './task-queue-inspector.js';

/**
 * STRING: the watermark as decimal digits; the key of the lease follows, for schedulers of another lease have other
 * monitors. Beside the queues, for it is as true as they are: what empties one empties both.
 */
const WATERMARK = 'carillon:scheduler:watermark:';

/** Of the time that a stop has, for the connection's good-bye. */
const GOOD_BYE_MS = 500;

export interface TaskQueueParts {
  link: RedisLink;
  metrics: TaskMetrics;
  logger: Logger;
  /** Shorter ones are for tests. */
  times?: Partial<ServerTimes>;
}

/** The task queue on Redis, in Asynq's protocol: src/asynq. */
export class RedisTaskQueue extends TaskQueue {
  readonly driver = 'redis';
  readonly inspector: RedisTaskInspector;
  private readonly client: Client;
  private readonly damage: DamageLog;
  private readonly servers = new Set<Server>();
  private closing: Promise<string | null> | undefined;

  constructor(private readonly parts: TaskQueueParts) {
    super();
    const { link, logger, metrics } = parts;
    this.client = new Client(link.redis);
    this.damage = new DamageLog(logger, metrics);
    this.inspector = new RedisTaskInspector(link, (queue, id, reason) =>
      this.damage.leftOut(queue, id, reason),
    );
    metrics.watch(() => [...this.servers].reduce((sum, { inHand }) => sum + inHand, 0));
  }

  async enqueueMany(tasks: readonly NewTask[], fence?: Fence, watermark?: number): Promise<EnqueueResult[]> {
    try {
      const results = await this.enqueue(tasks, fence, watermark);
      this.parts.metrics.enqueued(tasks, results);
      return results;
    } catch (error) {
      this.parts.metrics.refused(tasks, asAppError(error).code);
      throw error;
    }
  }

  async watermark({ key }: Pick<Fence, 'key'>): Promise<number | null> {
    if (this.closing) throw shuttingDown();
    const text = await ask(this.parts.link, (redis) => redis.get(WATERMARK + key));
    return text !== null && /^\d{1,16}$/.test(text) ? Number(text) : null;
  }

  work(options: WorkOptions, handle: TaskHandler): TaskWorker {
    if (this.closing) throw shuttingDown();
    checkWork(options);
    const { link, times } = this.parts;
    const { redis, subscriber: subscriptions } = link;
    const hooks = workerHooks(this.parts, this.damage);
    const server = new Server({ ...options, redis, subscriptions, handler: handle, hooks, times });
    this.servers.add(server);
    return new RedisTaskWorker(server, link, () => this.servers.delete(server));
  }

  async ping(): Promise<void> {
    await ask(this.parts.link, (redis) => redis.ping());
  }

  close(deadlineMs: number): Promise<string | null> {
    return (this.closing ??= this.shutDown(deadlineMs));
  }

  private async enqueue(
    tasks: readonly NewTask[],
    fence?: Fence,
    watermark?: number,
  ): Promise<EnqueueResult[]> {
    if (this.closing) throw shuttingDown();
    checkTasks(tasks);
    checkWatermark(watermark, fence);
    if (fence && !fence.isHeld)
      throw new AppError('LEASE_LOST', 'This process does not lead any more: nothing was enqueued.');
    if (tasks.length === 0 && watermark === undefined) return [];
    return write(this.parts.link, () => this.client.enqueueMany(tasks, fence, markOf(fence, watermark)));
  }

  private async shutDown(deadlineMs: number): Promise<string | null> {
    const end = performance.now() + deadlineMs;
    const stopMs = Math.max(0, deadlineMs - GOOD_BYE_MS);
    const counts = await Promise.all([...this.servers].map((server) => server.stop(stopMs)));
    this.servers.clear();
    await this.parts.link.release(Math.max(0, end - performance.now()));
    const left = counts.reduce((sum, count) => sum + count, 0);
    return left === 0 ? null : `${left} tasks were put back, or are recovered when their lease ends`;
  }
}

class RedisTaskWorker implements TaskWorker {
  constructor(
    private readonly server: Server,
    private readonly link: RedisLink,
    private readonly onStopped: () => void,
  ) {}

  get inHand(): number {
    return this.server.inHand;
  }

  get trouble(): AppError | null {
    const { link, server } = this;
    const failure = link.trouble ?? (server.trouble === null ? null : failureOf(server.trouble));
    return failure && redisError('TASK_QUEUE_UNAVAILABLE', link.place, failure);
  }

  async stop(deadlineMs: number): Promise<number> {
    const left = await this.server.stop(deadlineMs);
    this.onStopped();
    return left;
  }
}

function markOf(fence: Fence | undefined, watermark: number | undefined): EnqueueMark | undefined {
  if (!fence || watermark === undefined) return undefined;
  return { key: WATERMARK + fence.key, value: String(watermark) };
}

function shuttingDown(): AppError {
  return new AppError('SHUTTING_DOWN', 'The service stops; no task is taken any more.');
}
