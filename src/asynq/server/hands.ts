import { decodeMessage, type TaskMessage } from '../codec.js';
import { TaskDamagedError } from '../errors.js';
import { Attempt, ENDS, type Ending } from './attempt.js';
import type { Taken } from './dequeue.js';
import type { Finisher } from './finisher.js';
import type { Lease } from './lease.js';
import type { Handler, ServerContext, Settled } from './options.js';
import { asItIs, writeOf } from './verdict.js';

export interface HandsOptions {
  context: ServerContext;
  concurrency: number;
  handler: Handler;
  finisher: Finisher;
  retryDelayMs: (failures: number) => number;
  onFree: () => void;
  /** A task will be due in so long, milliseconds. */
  onRetryIn: (ms: number) => void;
}

/**
 * The tasks in hand. Each takes a place until its handler has returned: one that ignores its signal is not heard any
 * more and its attempt has failed, but its place stays taken, so that never more than `concurrency` handlers run. The
 * next task is asked for while a verdict is being written, or a damaged task archived; of those there are never more
 * than places.
 */
export class Hands {
  private readonly places = new Set<Attempt>();
  /** Handlers that have returned and whose verdict is not written yet. */
  private writing = 0;
  /** Damaged ones that are being archived. */
  private aside = 0;
  /** Those whose verdict is not written yet. */
  private readonly unwritten = new Set<Attempt>();
  private isClosed = false;
  private whenWritten: (() => void)[] = [];

  constructor(private readonly options: HandsOptions) {}

  get free(): number {
    const { concurrency } = this.options;
    return concurrency - Math.max(this.places.size, this.count - concurrency);
  }

  get count(): number {
    return this.places.size + this.writing + this.aside;
  }

  get unwrittenCount(): number {
    return this.unwritten.size + this.aside;
  }

  /** Attempts whose handler may still do something that counts. */
  running(): Attempt[] {
    return [...this.unwritten];
  }

  take(tasks: readonly Taken[], lease: Lease): void {
    for (const task of tasks) {
      try {
        this.begin(readTask(task), task, lease);
      } catch (error) {
        if (!(error instanceof TaskDamagedError)) throw error;
        void this.setAside(task, lease, error.reason);
      }
    }
  }

  /** Aborts the active tasks of this id. */
  cancel(id: string): void {
    for (const attempt of this.unwritten) if (attempt.task.id === id) attempt.abort('cancelled');
  }

  /** Aborts what is in hand and puts it back, and whatever may still come. */
  close(): void {
    this.isClosed = true;
    for (const attempt of this.unwritten) attempt.abort('stopping');
  }

  /** Resolves when no verdict is to be written any more. */
  written(): Promise<void> {
    if (this.unwrittenCount === 0) return Promise.resolve();
    return new Promise((resolve) => this.whenWritten.push(resolve));
  }

  private begin(message: TaskMessage, { queue }: Taken, { token, end }: Lease): void {
    const { context, handler } = this.options;
    // The answer came too late: somebody else may have the task soon.
    if (context.clock.monotonic() >= end) return this.tell(message, { outcome: 'lost', message: '' });
    const worker: Handler = this.isClosed ? () => Promise.reject(new Error(ENDS.stopping)) : handler;
    const attempt = new Attempt(message, queue, { token, end }, worker, context.clock);
    if (this.isClosed) attempt.abort('stopping');
    this.places.add(attempt);
    this.unwritten.add(attempt);
    void this.see(attempt);
  }

  /** Never rejects. */
  private async see(attempt: Attempt): Promise<void> {
    const ending = await attempt.ending;
    const { hasReturned } = attempt;
    if (hasReturned) this.leave(attempt, 1);
    await this.settle(attempt, ending);
    this.unwritten.delete(attempt);
    this.tellWritten();
    if (hasReturned) {
      this.writing -= 1;
      return this.options.onFree();
    }
    if (!attempt.hasReturned) await this.returned(attempt);
    this.leave(attempt, 0);
  }

  private leave(attempt: Attempt, writing: 0 | 1): void {
    this.places.delete(attempt);
    this.writing += writing;
    this.options.onFree();
  }

  private async settle(attempt: Attempt, ending: Ending): Promise<void> {
    const { message, queue, lease } = attempt;
    if (ending.kind === 'lost') return this.tell(message, { outcome: 'lost', message: '' });
    const { context, retryDelayMs, finisher, onRetryIn } = this.options;
    const write = writeOf(message, ending, { now: context.clock.now(), retryDelayMs });
    const isWritten = await finisher.finish({
      queue,
      id: message.id,
      owner: String(lease.token),
      until: () => lease.end,
      write,
    });
    this.tell(message, isWritten ? write : { outcome: 'lost', message: write.message });
    if (isWritten && (write.outcome === 'retried' || write.outcome === 'postponed'))
      onRetryIn(write.number * 1000);
  }

  private async setAside({ queue, id, msg }: Taken, lease: Lease, reason: string): Promise<void> {
    const { context, finisher } = this.options;
    const until = () => lease.end;
    this.aside += 1;
    const write = asItIs(msg);
    const isWritten = await finisher.finish({ queue, id, owner: String(lease.token), until, write });
    this.aside -= 1;
    if (isWritten) context.hooks.onDamaged?.({ queue: queue.name, id: String(id), reason });
    this.tellWritten();
    this.options.onFree();
  }

  private tellWritten(): void {
    if (this.unwrittenCount === 0) for (const resolve of this.whenWritten.splice(0)) resolve();
  }

  private async returned(attempt: Attempt): Promise<void> {
    const { clock, hooks } = this.options.context;
    const over = clock.monotonic();
    const timer = setInterval(() => hooks.onOverdue?.(attempt.task, clock.monotonic() - over), OVERDUE_MS);
    timer.unref(); // one that never returns holds no process up
    await attempt.returned;
    clearInterval(timer);
  }

  private tell(
    { queue, type, id }: TaskMessage,
    { outcome, message }: Pick<Settled, 'outcome' | 'message'>,
  ): void {
    this.options.context.hooks.onSettled?.({ queue, type, id, outcome, message, isRecovered: false });
  }
}

const OVERDUE_MS = 10_000;

/** @throws TaskDamagedError */
export function readTask({ queue, id, msg }: Taken): TaskMessage {
  const message = decodeMessage(msg);
  if (message.id !== id.toString()) throw new TaskDamagedError('its message has another id');
  if (message.queue !== queue.name) throw new TaskDamagedError('its message names another queue');
  return message;
}
