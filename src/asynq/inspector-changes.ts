import type { Redis } from 'ioredis';
import { InvalidInputError, TaskDamagedError } from './errors.js';
import type { State } from './inspector-views.js';
import {
  ALL_QUEUES,
  CANCEL_CHANNEL,
  nanoseconds,
  queueKeys,
  taskKey,
  unixSeconds,
  wakeChannel,
} from './keys.js';
import { Script } from './script.js';

const DAY_S = 86_400;
/** Asynq's own bounds of an archive. */
const ARCHIVE_S = 90 * DAY_S;
const ARCHIVE_TASKS = 10_000;
/** A script call blocks Redis for its time. */
const CHUNK = 100;

export type Change = 'run' | 'archive' | 'delete';
export type ChangeResult = 'done' | 'queue-unknown' | 'task-unknown' | 'wrong-state';

export interface ChangeAll {
  change: Change;
  state: State;
}

/** Each from the states that the port's promise names, whatever else Asynq's Inspector would do. */
const STATES_OF: Record<Change, readonly State[]> = {
  run: ['scheduled', 'retry', 'archived'],
  archive: ['pending', 'scheduled', 'retry'],
  delete: ['pending', 'scheduled', 'retry', 'archived', 'completed'],
};

const RESULTS: Partial<Record<number, ChangeResult>> = {
  1: 'done',
  0: 'task-unknown',
  [-1]: 'queue-unknown',
  [-2]: 'wrong-state',
};

const oneScript = new Script('archive', 'change-task');
const allScript = new Script('archive', 'change-all');
const cancelScript = new Script('cancel-task');

/** Moves tasks by hand; each change is one script. */
export class TaskChanger {
  private readonly wake: string;

  constructor(
    private readonly redis: Redis,
    private readonly now: () => number,
  ) {
    this.wake = wakeChannel(redis.options.db ?? 0);
  }

  /** @throws TaskDamagedError: it is not changed; `delete` does not throw it */
  async one(change: Change, queue: string, id: string): Promise<ChangeResult> {
    const keys = [ALL_QUEUES, taskKey(queue, id)];
    const answer = await oneScript.run(this.redis, keys, [change, queue, id, ...this.rules()]);
    return resultOf(answer);
  }

  /** `damaged` is told how many ids had no readable task; they are taken away. */
  async all(
    { change, state }: ChangeAll,
    queue: string,
    damaged: (count: number) => void,
  ): Promise<number | null> {
    if (!STATES_OF[change].includes(state))
      throw new InvalidInputError(`state must be one of ${STATES_OF[change].join(', ')} to ${change} all.`);
    const key = queueKeys(queue)[state];
    let left = await (state === 'pending' ? this.redis.llen(key) : this.redis.zcard(key));
    let changed = 0;
    for (;;) {
      const most = Math.min(CHUNK, left);
      const args = [change, queue, state, most, ...this.rules()];
      const answer = await allScript.run(this.redis, [ALL_QUEUES], args);
      if (answer === -1) return null;
      const [good, bad] = answer as [number, number];
      changed += good;
      left -= most;
      if (bad > 0) damaged(bad);
      if (good + bad < most || left === 0) return changed;
    }
  }

  async cancel(queue: string, id: string): Promise<ChangeResult> {
    const keys = [ALL_QUEUES, taskKey(queue, id)];
    return resultOf(await cancelScript.run(this.redis, keys, [queue, id, CANCEL_CHANNEL]));
  }

  async pause(queue: string): Promise<boolean> {
    if (!(await this.redis.sismember(ALL_QUEUES, queue))) return false;
    await this.redis.set(queueKeys(queue).paused, unixSeconds(this.now()), 'NX');
    return true;
  }

  async resume(queue: string): Promise<boolean> {
    if (!(await this.redis.sismember(ALL_QUEUES, queue))) return false;
    await this.redis.del(queueKeys(queue).paused);
    await this.redis.publish(this.wake, queue);
    return true;
  }

  private rules(): (string | number)[] {
    const now = unixSeconds(this.now());
    return [now, nanoseconds(this.now()), now - ARCHIVE_S, ARCHIVE_TASKS, this.wake];
  }
}

function resultOf(answer: unknown): ChangeResult {
  const result = RESULTS[answer as number];
  if (result === undefined)
    throw new TaskDamagedError('its key holds another type, or it does not lie where it says');
  return result;
}
