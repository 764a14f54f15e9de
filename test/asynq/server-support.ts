import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Client } from '../../src/asynq/client.js';
import { queueKeys, type QueueKeys } from '../../src/asynq/keys.js';
import { Server } from '../../src/asynq/server.js';
import type {
  Activity,
  ActiveTask,
  Damaged,
  Handler,
  ServerOptions,
  Settled,
} from '../../src/asynq/server/options.js';
import type { Subscriptions } from '../../src/asynq/subscriptions.js';

/** What a server's hooks told. */
export interface Told {
  settled: Settled[];
  damaged: Damaged[];
  failures: { activity: Activity; error: Error }[];
  overdue: ActiveTask[];
  /** What worked, each time. */
  worked: Activity[];
}

export interface Bench {
  redis: Redis;
  client: Client;
  queue: string;
  keys: QueueKeys;
  told: Told;
  /** A server of this bench's queue unless `options` say otherwise; quick loops. Stopped by `close`. */
  serve(handler: Handler, options?: Partial<ServerOptions>): Server;
  enqueue(
    ids: readonly string[],
    extra?: Partial<Parameters<Client['enqueueMany']>[0][number]>,
  ): Promise<void>;
  /** A field of a task's hash. */
  field(id: string, name: string): Promise<string | null>;
  close(): Promise<void>;
}

/** Connections to the Redis at `url` and a queue that nobody else uses. */
export function openBench(url: string): Bench {
  const redis = new Redis(url, { commandTimeout: 5_000, retryStrategy: () => 50 });
  const own = new Redis(url, {
    commandTimeout: 2_000,
    retryStrategy: () => 50,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  });
  const listening = new Redis(url);
  for (const connection of [redis, own, listening]) connection.on('error', () => undefined);
  const client = new Client(redis);
  const queue = `bench-${randomUUID().slice(0, 8)}`;
  const keys = queueKeys(queue);
  const told: Told = { settled: [], damaged: [], failures: [], overdue: [], worked: [] };
  const servers: Server[] = [];
  return {
    redis,
    client,
    queue,
    keys,
    told,
    serve: (handler, extra) => {
      const server = new Server({
        redis: own,
        subscriptions: subscriptionsOn(listening),
        handler,
        queues: { [queue]: 1 },
        concurrency: 10,
        hooks: hooksInto(told),
        times: { forwardMs: 200, cleanMs: 200, pollMs: 100 },
        ...extra,
      });
      servers.push(server);
      return server;
    },
    enqueue: async (ids, extra) => {
      const task = { type: 'work', payload: Buffer.from('{}'), queue, ...extra };
      await client.enqueueMany(ids.map((id) => ({ ...task, id })));
    },
    field: (id, name) => redis.hget(keys.taskPrefix + id, name),
    close: async () => {
      await Promise.all(servers.map((server) => server.stop(500)));
      for (const connection of [redis, own, listening]) connection.disconnect();
    },
  };
}

function hooksInto(told: Told): ServerOptions['hooks'] {
  return {
    onSettled: (settled) => told.settled.push(settled),
    onDamaged: (damaged) => told.damaged.push(damaged),
    onFailure: (activity, error) => told.failures.push({ activity, error: error as Error }),
    onSuccess: (activity) => told.worked.push(activity),
    onOverdue: (task) => told.overdue.push(task),
  };
}

function subscriptionsOn(redis: Redis): Subscriptions {
  return {
    subscribe: (channel, listener) => {
      const hear = (from: string, payload: string): void => {
        if (from === channel) listener.onMessage(payload);
      };
      redis.on('message', hear);
      void redis.subscribe(channel).then(() => listener.onGap('it begins'));
      return () => void redis.off('message', hear);
    },
  };
}

/** A handler that waits to be let go, task by task. */
export class Held {
  readonly begun: string[] = [];
  readonly aborted: string[] = [];
  private readonly waiting = new Map<string, () => void>();

  readonly handler: Handler = async (task, signal) => {
    this.begun.push(task.id);
    signal.addEventListener('abort', () => this.aborted.push(task.id), { once: true });
    await new Promise<void>((resolve) => {
      this.waiting.set(task.id, resolve);
    });
    return { kind: 'done' };
  };

  release(id: string): void {
    this.waiting.get(id)?.();
  }

  releaseAll(): void {
    for (const resolve of this.waiting.values()) resolve();
  }
}

type Run = (...args: never[]) => Promise<unknown>;

/** The connection; the first answer of a script that is `meant` is lost on its way. */
export function unanswered(redis: Redis, meant: (answer: unknown) => boolean): Redis {
  const commands = redis as unknown as Record<string, Run>;
  let isLost = false;
  const lossy = (name: string): Run => {
    return async (...args) => {
      const answer = await commands[name]!.apply(redis, args);
      if (isLost || !meant(answer)) return answer;
      isLost = true;
      throw new Error('Connection is closed.');
    };
  };
  return Object.assign(Object.create(redis) as Redis, {
    evalshaBuffer: lossy('evalshaBuffer'),
    evalBuffer: lossy('evalBuffer'),
  });
}
