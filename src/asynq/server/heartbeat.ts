import { encodeServerInfo, encodeWorkerInfo, type ServerInfo } from '../codec-records.js';
import { AsynqError } from '../errors.js';
import { serverKeys } from '../keys.js';
import { Script } from '../script.js';
import type { Attempt } from './attempt.js';
import { leaseSeconds } from './dequeue.js';
import type { ServerContext } from './options.js';
import { Rounds } from './rounds.js';

const heartbeatScript = new Script('heartbeat');
/** A longer payload is left out of the worker's record. */
const LONGEST_PAYLOAD = 16_384;

export interface HeartbeatOptions {
  context: ServerContext;
  /** The server's record, its number of active workers aside. */
  record: () => Omit<ServerInfo, 'activeWorkers'>;
  attempts: () => Attempt[];
}

/**
 * Extends the leases of what is in hand and shows the server to Asynq's Inspector, in one script call. An attempt whose
 * lease is over is aborted, and nothing of it is written.
 */
export class Heartbeat {
  private readonly rounds: Rounds;

  constructor(private readonly options: HeartbeatOptions) {
    const { clock, times, hooks } = options.context;
    this.rounds = new Rounds({
      run: () => this.beat(),
      onError: (error) => hooks.onFailure?.('heartbeat', error),
      capMs: times.heartbeatMs,
      clock,
    });
  }

  /** Ends it and takes the records away. @throws what ioredis throws */
  async stop(): Promise<void> {
    await this.rounds.stop();
    const { redis } = this.options.context;
    const { server, workers } = this.keys();
    await redis
      .multi()
      .zrem('asynq:servers', server)
      .zrem('asynq:workers', workers)
      .del(server, workers)
      .exec();
  }

  private keys(): { server: string; workers: string } {
    const { host, pid, serverId } = this.options.record();
    return serverKeys(host, pid, serverId);
  }

  private async beat(): Promise<number> {
    const { context, attempts } = this.options;
    const { clock, times, queues, redis } = context;
    const sentAt = clock.monotonic();
    const inHand = attempts().filter((attempt) => this.isLeased(attempt, sentAt));
    const { server, workers } = this.keys();
    const [lost, unknown, failure] = (await heartbeatScript.run(
      redis,
      ['asynq:servers', 'asynq:workers', server, workers, ...queues.map(({ keys }) => keys.lease)],
      this.argumentsFor(inHand),
    )) as [number[], number[], Buffer];
    const [isLost, isUnknown] = [new Set(lost), new Set(unknown)];
    inHand.forEach((attempt, i) => {
      if (isLost.has(i + 1)) attempt.abort('lease-lost');
      else if (!attempt.isOver && !isUnknown.has(i + 1)) attempt.lease.end = sentAt + times.leaseMs;
    });
    if (failure.length > 0)
      throw new AsynqError(`Leases or the server's records cannot be written: ${String(failure)}`);
    context.hooks.onSuccess?.('heartbeat');
    return times.heartbeatMs;
  }

  private isLeased(attempt: Attempt, now: number): boolean {
    if (now < attempt.lease.end) return true;
    attempt.abort('lease-lost');
    return false;
  }

  private argumentsFor(inHand: readonly Attempt[]): (string | number | Buffer)[] {
    const { context, record } = this.options;
    const { host, pid, serverId, ...rest } = record();
    const info = encodeServerInfo({ host, pid, serverId, ...rest, activeWorkers: inHand.length });
    const ttl = Math.max(1, Math.ceil((context.times.heartbeatMs * 2) / 1000));
    const tasks = inHand.flatMap((attempt) => {
      const { task, startedAt, queue, lease } = attempt;
      const payload = task.payload.length > LONGEST_PAYLOAD ? Buffer.alloc(0) : task.payload;
      const { id: taskId, type: taskType, deadline } = task;
      const own = { host, pid, serverId, taskId, taskType, payload, queue: queue.name, startedAt, deadline };
      // One whose verdict is on its way keeps the lease that it has.
      return [
        taskId,
        encodeWorkerInfo(own),
        attempt.isOver ? 0 : context.queues.indexOf(queue) + 1,
        lease.token,
      ];
    });
    return [ttl, info, leaseSeconds(context), ...tasks];
  }
}
