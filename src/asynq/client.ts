import type { Redis } from 'ioredis';
import { callsOf, type EnqueueCall } from './enqueue-calls.js';
import { prepareTask, type EnqueueTask } from './enqueue-task.js';
import { AsynqError, CutShortError, InvalidInputError, LeaseLostError } from './errors.js';
import { ALL_QUEUES, CANCEL_CHANNEL, nanoseconds, wakeChannel } from './keys.js';
import { Script } from './script.js';

/** A lease as its server keeps it: `key` must hold `holder`. */
export interface EnqueueFence {
  readonly key: string;
  readonly holder: string;
}

/** A text that its caller keeps with the tasks: `key` is set to it last, in the script call of the last ones. */
export interface EnqueueMark {
  readonly key: string;
  readonly value: string;
}

/** `duplicate-id`: a task of this id lies there. `not-unique`: one of the same type and payload holds the lock. */
export type EnqueueOutcome = 'enqueued' | 'duplicate-id' | 'not-unique';

const OUTCOMES: Partial<Record<number, EnqueueOutcome>> = {
  [letter('e')]: 'enqueued',
  [letter('i')]: 'duplicate-id',
  [letter('u')]: 'not-unique',
};

const NO_TASKS: EnqueueCall = { count: 0, runs: [] };

const enqueueScript = new Script('enqueue');

/** Writes tasks as Asynq's own client does, many at a time. The connection is its caller's. */
export class Client {
  private readonly wake: string;

  constructor(
    private readonly redis: Redis,
    private readonly now: () => number = Date.now,
  ) {
    this.wake = wakeChannel(redis.options.db ?? 0);
  }

  /**
   * Answers for each task in order. Up to 500, and 8 MiB, are one script call: all of them are handled, or none. More
   * take several calls, one after the other; the last of them sets the mark, which takes a fence. A mark without tasks is
   * one call too.
   * @throws InvalidInputError (nothing was sent), LeaseLostError, CutShortError (a call after the first failed), or what
   * ioredis throws: an error reply means that nothing was written, a lost connection or a timeout that it is not known
   */
  async enqueueMany(
    tasks: readonly EnqueueTask[],
    fence?: EnqueueFence,
    mark?: EnqueueMark,
  ): Promise<EnqueueOutcome[]> {
    if (mark && !fence) throw new InvalidInputError('A mark is set under a fence only.');
    const now = this.now();
    const prepared = tasks.map((task, index) => prepareTask(task, index, now));
    const outcomes: EnqueueOutcome[] = [];
    for (const call of prepared.length === 0 && mark ? [NO_TASKS] : callsOf(prepared)) {
      const isLast = outcomes.length + call.count === tasks.length;
      const answers = await this.send(call, fence, isLast ? mark : undefined).catch((error: unknown) => {
        throw outcomes.length === 0 ? error : new CutShortError(outcomes.length, tasks.length, error);
      });
      if (answers === null) throw new LeaseLostError(outcomes.length, tasks.length);
      for (const answer of answers) outcomes.push(OUTCOMES[answer]!);
    }
    return outcomes;
  }

  /** Asks whoever runs the task to abort it, which counts as a failed attempt. Answers how many servers heard it. */
  cancel(id: string): Promise<number> {
    return this.redis.publish(CANCEL_CHANNEL, id);
  }

  /** A letter for each task; null where the fence does not hold. */
  private async send(
    { count, runs }: EnqueueCall,
    fence?: EnqueueFence,
    mark?: EnqueueMark,
  ): Promise<Buffer | null> {
    const keys = [ALL_QUEUES, ...(fence ? [fence.key] : []), ...(mark ? [mark.key] : [])];
    const head = [fence?.holder ?? '', nanoseconds(this.now()), this.wake, mark?.value ?? ''];
    const answer = await enqueueScript.run(this.redis, keys, [...head, ...runs]);
    if (answer === null) return null;
    if (Buffer.isBuffer(answer) && answer.length === count) return answer;
    throw new AsynqError('The server gave another answer than the script does.');
  }
}

function letter(text: string): number {
  return text.charCodeAt(0);
}
