import { Redis } from 'ioredis';
import { Client } from '../../../src/asynq/client.js';
import { Inspector as OurInspector } from '../../../src/asynq/inspector.js';
import type { ServerInfo, WorkerInfo } from '../../../src/asynq/codec-records.js';
import type { TaskInfo } from '../../../src/asynq/inspector-views.js';
import { Server } from '../../../src/asynq/server.js';
import type { ServerTimes } from '../../../src/asynq/server/options.js';
import type { Subscriptions } from '../../../src/asynq/subscriptions.js';
import type { EnqueueResult, NewTask } from '../../../src/ports/task-queue.port.js';
import { Attempts } from './attempts.js';
import { GRACE_MS } from './go-side.js';
import { scriptedHandler } from './scripted-handler.js';
import type { Inspector, ServerRecord, Side, TaskFacts, Worker, WorkerOptions } from './side.js';

export interface OurSide extends Side {
  enqueueMany(tasks: NewTask[]): Promise<EnqueueResult[]>;
  work(options: WorkerOptions, times?: Partial<ServerTimes>): Promise<Worker>;
}

/** Our library, on connections of its own. */
export function ourSide(url: string): OurSide {
  const redis = new Redis(url);
  const listening = new Redis(url);
  const subscriptions = subscriptionsOn(listening);
  const client = new Client(redis);
  return {
    name: 'ours',
    enqueue: async (task) => (await client.enqueueMany([task]))[0]!,
    enqueueMany: (tasks) => client.enqueueMany(tasks),
    work: (options, times) => Promise.resolve(startWorker(redis, subscriptions, options, times)),
    inspector: ourInspector(redis),
    close: () => {
      redis.disconnect();
      listening.disconnect();
      return Promise.resolve();
    },
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

function startWorker(
  redis: Redis,
  subscriptions: Subscriptions,
  options: WorkerOptions,
  times: Partial<ServerTimes> = {},
): Worker {
  const attempts = new Attempts();
  const scripted = scriptedHandler(attempts, options.spareTheFailed);
  const server = new Server({
    redis,
    subscriptions,
    handler: scripted.handle,
    queues: options.queues,
    strict: options.strict,
    concurrency: options.concurrency ?? 10,
    retryDelayMs: options.retryDelayMs === undefined ? undefined : () => options.retryDelayMs!,
    times: { pollMs: 50, forwardMs: 100, cleanMs: 100, ...times },
  });
  return {
    attempts,
    release: (task) => Promise.resolve(scripted.release(task)),
    stop: async () => void (await server.stop(options.graceMs ?? GRACE_MS)),
  };
}

function ourInspector(redis: Redis): Inspector {
  const inspector = new OurInspector(redis, (queue, id, reason) => {
    throw new Error(`${queue}: ${id} is damaged: ${reason}`);
  });
  const view = async (name: string) => {
    const found = await inspector.queue(name);
    if (!found) throw new Error(`there is no queue ${name}`);
    return found;
  };
  return {
    task: async (queue, id) => {
      const found = await inspector.get(queue, id);
      return typeof found === 'string' ? null : facts(found);
    },
    queue: async (name) => {
      const { latencyMs: _, ...queue } = await view(name);
      return queue;
    },
    latencyMs: async (queue) => (await view(queue)).latencyMs,
    list: async (queue, state, page) => ((await inspector.list(queue, state, page)) ?? []).map(facts),
    change: (what, queue, id) => inspector.change(what, queue, id),
    cancel: async (queue, id) => void (await inspector.cancel(queue, id)),
    pause: async (queue) => void (await inspector.pause(queue)),
    resume: async (queue) => void (await inspector.resume(queue)),
    servers: async (queue) => {
      const [servers, workers] = await Promise.all([inspector.servers(), inspector.workers()]);
      const wanted = servers.filter(({ queues }) => queue in queues);
      return wanted.map((server) => serverRecord(server, workers));
    },
  };
}

function facts(task: TaskInfo): TaskFacts {
  return {
    ...task,
    payload: task.payload.toString('latin1'),
    headers: { ...task.headers },
    lastError: task.lastError ?? '',
    result: task.result?.toString() ?? '',
  };
}

function serverRecord(server: ServerInfo, workers: WorkerInfo[]): ServerRecord {
  const { serverId, host, pid, concurrency, queues, strictPriority, status, startedAt } = server;
  const own = workers.filter((worker) => worker.serverId === serverId);
  return {
    id: serverId,
    host,
    pid,
    concurrency,
    queues: { ...queues },
    isStrict: strictPriority,
    status,
    startedAt,
    workers: own.map(({ taskId, taskType, payload, queue, startedAt, deadline }) => ({
      task: taskId,
      type: taskType,
      payload: payload.toString('base64'),
      queue,
      startedAt,
      deadline,
    })),
  };
}
