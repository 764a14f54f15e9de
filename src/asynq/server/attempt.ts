import type { Clock } from '../../core/clock.js';
import { textOf } from '../../core/text-of.js';
import type { TaskMessage } from '../codec.js';
import type { ActiveTask, Handler, Queue, Verdict } from './options.js';

/** Why an attempt ended before its handler answered; the texts are those of Asynq, for who reads them there. */
export const ENDS = {
  deadline: 'context deadline exceeded',
  cancelled: 'context canceled',
  'lease-lost': 'asynq: task lease expired',
  stopping: 'asynq: server closed',
} as const;
export type End = keyof typeof ENDS;

/** `requeue`: back to the head of its queue. `lost`: nothing is written. */
export type Ending = Verdict | { kind: 'requeue' } | { kind: 'lost' };

/** What a task has that names neither a timeout nor a deadline; so it is in Asynq. */
const NO_TIMEOUT_MS = 30 * 60_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function deadlineOf({ timeout, deadline }: TaskMessage, now: number): number {
  if (timeout <= 0 && deadline <= 0) return now + NO_TIMEOUT_MS;
  return Math.min(timeout > 0 ? now + timeout * 1000 : Infinity, deadline > 0 ? deadline * 1000 : Infinity);
}

/** One task in hand: its handler against its deadline, a cancellation, its lease and the server's end. */
export class Attempt {
  readonly task: ActiveTask;
  readonly startedAt: number;
  /** The first to come of them. */
  readonly ending: Promise<Ending>;
  /** When the handler is back, whether it was heard or not; never rejects. */
  readonly returned: Promise<void>;
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private end!: (ending: Ending) => void;
  private over = false;
  private isBack = false;

  constructor(
    readonly message: TaskMessage,
    readonly queue: Queue,
    /** The end moves on with each heartbeat. */
    public lease: { token: number; end: number },
    handler: Handler,
    private readonly clock: Clock,
  ) {
    this.startedAt = clock.now();
    this.task = activeTask(message, deadlineOf(message, this.startedAt));
    this.ending = new Promise((resolve) => (this.end = resolve));
    // By the monotonic clock: one that is set does not lengthen an attempt.
    this.watchDeadline(clock.monotonic() + this.task.deadline - this.startedAt);
    if (this.over) this.isBack = true;
    this.returned = this.isBack ? Promise.resolve() : this.run(handler);
  }

  get isOver(): boolean {
    return this.over;
  }

  get hasReturned(): boolean {
    return this.isBack;
  }

  /** Nothing when the attempt is over already. */
  abort(why: End): void {
    if (this.over) return;
    this.settle(endingOf(why));
    this.controller.abort(new Error(ENDS[why]));
  }

  private async run(handler: Handler): Promise<void> {
    try {
      const verdict: unknown = await handler(this.task, this.controller.signal);
      this.settle(isVerdict(verdict) ? verdict : failed('the handler answered no verdict'));
    } catch (error) {
      this.settle(failed(textOf(error)));
    }
    this.isBack = true;
  }

  private settle(ending: Ending): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.end(ending);
  }

  private watchDeadline(end: number): void {
    const left = end - this.clock.monotonic();
    if (left <= 0) this.abort('deadline');
    else this.timer = setTimeout(() => this.watchDeadline(end), Math.min(Math.ceil(left), LONGEST_TIMER_MS));
  }
}

function activeTask(message: TaskMessage, deadline: number): ActiveTask {
  const { id, type, payload, queue, headers, retried, retry } = message;
  return { id, type, payload, queue, headers, retried, maxRetries: retry, deadline };
}

function endingOf(why: End): Ending {
  if (why === 'stopping') return { kind: 'requeue' };
  return why === 'lease-lost' ? { kind: 'lost' } : failed(ENDS[why]);
}

function failed(message: string): Verdict {
  return { kind: 'retry', message };
}

/** Handlers are others' code: what they answer need not be what they promise. */
function isVerdict(answer: unknown): answer is Verdict {
  const { kind, message, result } = (answer ?? {}) as Record<string, unknown>;
  if (kind === 'done') return result === undefined || ArrayBuffer.isView(result);
  return (kind === 'retry' || kind === 'archive') && typeof message === 'string';
}
