import type { EnqueueResult, NewTask, TaskState } from '../../../src/ports/task-queue.port.js';
import { AsynqGoError, startAsynqGo, type AsynqGo } from '../../support/servers/index.js';
import { Attempts } from './attempts.js';
import type {
  Changed,
  Inspector,
  QueueFacts,
  ServerRecord,
  Side,
  TaskFacts,
  Worker,
  WorkerOptions,
} from './side.js';

/** What running tasks are given at a stop, where a test says nothing: it has released what it wants to see done. */
export const GRACE_MS = 100;

/** The real library: one process that enqueues and inspects, and one for each worker. */
export function goSide(url: string): Side {
  const processes: AsynqGo[] = [];
  const start = (): AsynqGo => {
    const process = startAsynqGo(url);
    processes.push(process);
    return process;
  };
  const client = start();
  return {
    name: 'Go',
    enqueue: (task) => enqueue(client, task),
    work: (options) => startGoWorker(start(), options),
    inspector: goInspector(client),
    close: async () => void (await Promise.all(processes.map((process) => process.kill()))),
  };
}

/** `process` runs a worker from now on. */
export async function startGoWorker(process: AsynqGo, options: WorkerOptions): Promise<Worker> {
  const attempts = new Attempts();
  process.onEvent((event) => attempts.add(event));
  const intervals = { pollMs: 50, forwardMs: 100, janitorMs: 100 };
  await process.ask('work', { concurrency: 10, graceMs: GRACE_MS, ...intervals, ...options });
  return {
    attempts,
    release: (task) => process.ask('release', { task }),
    stop: async () => {
      await process.ask('stop');
      await process.kill();
    },
  };
}

async function enqueue(client: AsynqGo, task: NewTask): Promise<EnqueueResult> {
  try {
    // An empty one is none, as Go's callers write it: NewTask(type, nil).
    const payload = task.payload.toString('base64') || null;
    await client.ask('enqueue', { ...task, payload });
    return 'enqueued';
  } catch (error) {
    const kind = error instanceof AsynqGoError ? error.kind : '';
    if (kind === 'task-id-conflict') return 'duplicate-id';
    if (kind === 'duplicate-task') return 'not-unique';
    throw error;
  }
}

/** As test/asynq-go/inspector.go describes a task; 0 and null stand for none. */
type GoTask = Omit<TaskFacts, 'payload' | 'result' | 'headers'> & {
  payload: string | null;
  result: string | null;
  headers: Record<string, string> | null;
};
type GoQueue = Record<TaskState, number> & Omit<QueueFacts, 'counts'>;

function goInspector(client: AsynqGo): Inspector {
  return {
    task: async (queue, id) => {
      try {
        return facts(await client.ask<GoTask>('task', { queue, id }));
      } catch (error) {
        if (error instanceof AsynqGoError && error.kind.endsWith('-not-found')) return null;
        throw error;
      }
    },
    queue: async (name) => queueFacts(await client.ask<GoQueue>('queue', { queue: name })),
    latencyMs: async (queue) => (await client.ask<{ latencyMs: number }>('queue', { queue })).latencyMs,
    list: async (queue, state, page) =>
      (await client.ask<GoTask[]>('list', { queue, state, ...page })).map(facts),
    change: (what, queue, id) => change(client, what, { queue, id }),
    cancel: (queue, id) => client.ask('cancel', { queue, id }),
    pause: (queue) => client.ask('pause', { queue }),
    resume: (queue) => client.ask('resume', { queue }),
    servers: async (queue) =>
      (await client.ask<ServerRecord[]>('servers')).filter(({ queues }) => queue in queues),
  };
}

async function change(client: AsynqGo, what: string, task: { queue: string; id: string }): Promise<Changed> {
  try {
    await client.ask(what, task);
    return 'done';
  } catch (error) {
    if (!(error instanceof AsynqGoError)) throw error;
    if (error.kind === 'queue-not-found') return 'queue-unknown';
    return error.kind === 'task-not-found' ? 'task-unknown' : 'wrong-state';
  }
}

function facts(task: GoTask): TaskFacts {
  const waits = task.state === 'scheduled' || task.state === 'retry'; // of a pending one it says "now"
  return {
    id: task.id,
    queue: task.queue,
    type: task.type,
    payload: bytes(task.payload).toString('latin1'),
    headers: task.headers ?? {},
    state: task.state,
    maxRetries: task.maxRetries,
    retried: task.retried,
    lastError: task.lastError,
    lastFailedAt: task.lastFailedAt || null,
    nextAt: waits ? task.nextAt : null,
    completedAt: task.completedAt || null,
    timeoutMs: task.timeoutMs,
    deadlineAt: task.deadlineAt || null,
    retentionMs: task.retentionMs,
    result: bytes(task.result).toString(),
  };
}

const bytes = (base64: string | null): Buffer => Buffer.from(base64 ?? '', 'base64');

function queueFacts(queue: GoQueue): QueueFacts {
  const { name, isPaused, processedToday, failedToday, processed, failed } = queue;
  const { pending, active, scheduled, retry, archived, completed } = queue;
  const counts = { pending, active, scheduled, retry, archived, completed };
  return { name, isPaused, counts, processedToday, failedToday, processed, failed };
}
