import type { Redis } from 'ioredis';
import { InvalidInputError, TaskDamagedError } from './errors.js';
import type { ServerInfo, WorkerInfo } from './codec-records.js';
import { TaskChanger, type Change, type ChangeAll, type ChangeResult } from './inspector-changes.js';
import { readServers, readWorkers } from './inspector-records.js';
import {
  readQueue,
  readTask,
  rawTasks,
  type QueueInfo,
  type State,
  type TaskInfo,
} from './inspector-views.js';
import { ALL_QUEUES, queueKeys, taskKey } from './keys.js';
import { Script } from './script.js';

const MAX_PAGE = 1000;

/** Told of what is left out: `id` is null where a whole key of the queue is unusable. Must not throw. */
export type OnDamaged = (queue: string, id: string | null, reason: string) => void;

const queueScript = new Script('inspect-queue');
const listScript = new Script('inspect-list');
const taskScript = new Script('inspect-task');

/** Looks at queues and mends them, as Asynq's Inspector does. The connection is its caller's. */
export class Inspector {
  private readonly changer: TaskChanger;

  constructor(
    private readonly redis: Redis,
    private readonly onDamaged: OnDamaged,
    private readonly now: () => number = Date.now,
  ) {
    this.changer = new TaskChanger(redis, now);
  }

  /** All queues that ever had a task, by name. */
  async queues(): Promise<QueueInfo[]> {
    const names = (await this.redis.smembers(ALL_QUEUES)).sort();
    const infos = await Promise.all(names.map((name) => this.queue(name)));
    return infos.filter((info) => info !== null);
  }

  /** Null when there is none. */
  async queue(name: string): Promise<QueueInfo | null> {
    const now = this.now();
    const today = new Date(now).toISOString().slice(0, 10);
    const answer = await queueScript.run(this.redis, [ALL_QUEUES], [name, today]);
    if (answer === null) return null;
    return readQueue(name, answer, now, (state) =>
      this.onDamaged(name, null, `its ${state} is of another type`),
    );
  }

  /**
   * Pages from 1 on, of up to 1000: pending and active, the oldest first; the others by their time. Null when there is no
   * such queue. What is damaged is left out, so that a page may be shorter.
   */
  async list(
    queue: string,
    state: State,
    page: { number: number; size: number },
  ): Promise<TaskInfo[] | null> {
    checkPage(page);
    const range = [(page.number - 1) * page.size, page.size];
    const keys = [ALL_QUEUES, queueKeys(queue)[state]];
    const answer = await listScript.run(this.redis, keys, [queue, ...range]);
    if (answer === null) return null;
    if (answer === 0) {
      this.onDamaged(queue, null, `its ${state} is of another type`);
      return [];
    }
    return this.readPage(queue, state, answer);
  }

  /** @throws TaskDamagedError when it cannot be read; `delete` mends that */
  async get(queue: string, id: string): Promise<TaskInfo | 'queue-unknown' | 'task-unknown'> {
    const answer = await taskScript.run(this.redis, [ALL_QUEUES, taskKey(queue, id)], [queue, id]);
    if (answer === -1) return 'queue-unknown';
    if (answer === 0) return 'task-unknown';
    if (answer === -3) throw new TaskDamagedError('its key holds another type');
    const [msg, state, score, result] = answer as (Buffer | null)[];
    return readTask(
      { id, msg: msg ?? null, score: score ?? null, result: result ?? null },
      readState(state ?? null),
    );
  }

  /** Runs a scheduled, retry or archived task now; archives or deletes one that is not active. */
  change(change: Change, queue: string, id: string): Promise<ChangeResult> {
    return this.changer.one(change, queue, id);
  }

  /** The same for all tasks that lie in one state when it is asked. Null when there is no such queue. */
  changeAll(change: ChangeAll, queue: string): Promise<number | null> {
    return this.changer.all(change, queue, (count) =>
      this.onDamaged(queue, null, `${count} ids without a readable task`),
    );
  }

  /** Asks whoever runs the task to abort it. */
  cancel(queue: string, id: string): Promise<ChangeResult> {
    return this.changer.cancel(queue, id);
  }

  /** False when there is no such queue; a paused one stays paused. */
  pause(queue: string): Promise<boolean> {
    return this.changer.pause(queue);
  }

  resume(queue: string): Promise<boolean> {
    return this.changer.resume(queue);
  }

  /** Servers that gave a sign of life within the last 10 s. */
  servers(): Promise<ServerInfo[]> {
    return readServers(this.redis, this.now(), (reason) => this.onDamaged('', null, reason));
  }

  /** Tasks in the hands of those servers. */
  workers(): Promise<WorkerInfo[]> {
    return readWorkers(this.redis, this.now(), (reason) => this.onDamaged('', null, reason));
  }

  private readPage(queue: string, state: State, answer: unknown): TaskInfo[] {
    const tasks: TaskInfo[] = [];
    for (const raw of rawTasks(answer)) {
      try {
        if (!raw.isReadable) throw new TaskDamagedError('its key holds another type');
        tasks.push(readTask(raw, state));
      } catch (error) {
        if (!(error instanceof TaskDamagedError)) throw error;
        this.onDamaged(queue, raw.id, error.reason);
      }
    }
    return tasks;
  }
}

const ALL_STATES = new Set([
  'pending',
  'active',
  'scheduled',
  'retry',
  'archived',
  'completed',
  'aggregating',
]);

function readState(text: Buffer | null): TaskInfo['state'] {
  const state = text?.toString() ?? '';
  if (!ALL_STATES.has(state)) throw new TaskDamagedError('it has no known state');
  return state as TaskInfo['state'];
}

function checkPage({ number, size }: { number: number; size: number }): void {
  if (!Number.isInteger(size) || size < 1 || size > MAX_PAGE)
    throw new InvalidInputError(`page.size must be a whole number from 1 to ${MAX_PAGE}.`);
  if (!Number.isInteger(number) || number < 1 || number * size > Number.MAX_SAFE_INTEGER)
    throw new InvalidInputError('page.number must be a whole number from 1 on.');
}
