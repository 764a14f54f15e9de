import { backoffMs } from '../../core/backoff.js';
import { AsynqError } from '../errors.js';
import { dayCounters } from '../keys.js';
import { Script } from '../script.js';
import type { Queue, ServerContext } from './options.js';
import type { Write } from './verdict.js';

/** A verdict to be written. */
export interface Finish {
  queue: Queue;
  id: string | Buffer;
  /** The lease's token, or `=` and the lease's score as it was read. */
  owner: string;
  /** Until when it is tried, by the monotonic clock: then the task is left to recovery. */
  until(): number;
  write: Write;
}

interface Entry extends Finish {
  tries: number;
  /** A try before may have been carried out although no answer came. */
  isDoubtful: boolean;
  resolve: (isWritten: boolean) => void;
}

const finishScript = new Script('finish');
/** A script call blocks Redis. */
const MOST_PER_CALL = 200;
const BACKOFF = { baseMs: 100, capMs: 2_000 };

/**
 * Writes verdicts: those of one turn of the event loop in one script call per queue. What fails is tried again, with
 * back-off, until the task's lease ends. Who waits is bounded by who asks: each waiting verdict is a task in hand.
 */
export class Finisher {
  private waiting: Entry[] = [];
  private isScheduled = false;
  private closed = false;
  /** Queues whose last write failed and is to be tried again. */
  private readonly failing = new Set<Queue>();

  constructor(private readonly context: ServerContext) {}

  /** True when it is written; false when the lease was lost, or ended first. Never rejects. */
  finish(finish: Finish): Promise<boolean> {
    return new Promise((resolve) => this.add({ ...finish, tries: 0, isDoubtful: false, resolve }));
  }

  /** What cannot be written at the next try is left to recovery. */
  close(): void {
    this.closed = true;
  }

  private add(entry: Entry): void {
    this.waiting.push(entry);
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => this.flush());
  }

  private flush(): void {
    this.isScheduled = false;
    const byQueue = new Map<Queue, Entry[]>();
    for (const entry of this.waiting) {
      const entries = byQueue.get(entry.queue);
      if (entries) entries.push(entry);
      else byQueue.set(entry.queue, [entry]);
    }
    this.waiting = [];
    for (const [queue, entries] of byQueue)
      for (let i = 0; i < entries.length; i += MOST_PER_CALL)
        void this.write(queue, entries.slice(i, i + MOST_PER_CALL));
  }

  private async write(queue: Queue, entries: Entry[]): Promise<void> {
    const due = entries.filter((entry) => this.isLeased(entry));
    if (due.length === 0) return void this.failing.delete(queue);
    try {
      const { redis, clock, wakeChannel } = this.context;
      const keys = keysOf(queue, clock.now());
      const args = due.flatMap(argumentsOf);
      const answers = await finishScript.run(redis, keys, [
        queue.keys.taskPrefix,
        wakeChannel,
        queue.name,
        ...args,
      ]);
      this.heard(queue, due, answers as (number | Buffer)[]);
    } catch (error) {
      this.failed(queue, error);
      const isDoubtful = !(error instanceof Error && error.name === 'ReplyError');
      for (const entry of due) void this.again(entry, isDoubtful);
    }
  }

  private heard(queue: Queue, entries: Entry[], answers: (number | Buffer)[]): void {
    let failure: string | undefined;
    entries.forEach((entry, i) => {
      const answer = answers[i];
      // Gone after a try without an answer: that one was carried out.
      if (typeof answer === 'number') entry.resolve(answer === 1 || entry.isDoubtful);
      else {
        failure = String(answer);
        void this.again(entry, false);
      }
    });
    if (failure !== undefined) return this.failed(queue, new AsynqError(failure));
    this.failing.delete(queue);
    if (this.failing.size === 0) this.context.hooks.onSuccess?.('finish');
  }

  private failed(queue: Queue, error: unknown): void {
    this.failing.add(queue);
    this.context.hooks.onFailure?.('finish', error);
  }

  private async again(entry: Entry, isDoubtful: boolean): Promise<void> {
    entry.tries += 1;
    entry.isDoubtful ||= isDoubtful;
    if (!this.closed) await this.context.clock.sleep(backoffMs(entry.tries, BACKOFF));
    if (this.closed) entry.resolve(false);
    else this.add(entry);
  }

  private isLeased(entry: Entry): boolean {
    const isLeased = this.context.clock.monotonic() < entry.until();
    if (!isLeased) entry.resolve(false);
    return isLeased;
  }
}

function keysOf({ name, keys }: Queue, now: number): string[] {
  const day = dayCounters(name, now);
  const { active, lease, pending, completed, retry, archived, processed, failed } = keys;
  return [active, lease, pending, completed, retry, archived, processed, failed, day.processed, day.failed];
}

function argumentsOf({ id, owner, write }: Entry): (string | number | Buffer)[] {
  return [id, owner, write.verdict, write.number, write.msg, write.uniqueKey, write.result];
}
