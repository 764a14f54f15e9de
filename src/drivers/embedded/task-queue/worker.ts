import { textOf } from '../../../core/text-of.js';
import type { TaskHandler, TaskVerdict, TaskWorker, WorkOptions } from '../../../ports/task-queue.port.js';
import type { AttemptEnd } from '../../task-metrics.js';
import { Alarm } from './alarm.js';
import { Attempt } from './attempt.js';
import { Heap } from '../../../core/heap.js';
import { queueOrder, type QueueOrder } from './queue-order.js';
import type { Room } from './room.js';
import type { TaskStore } from './store.js';
import { activeTask } from './stored-task.js';
import { isVerdict } from './verdict.js';

/** Before the next attempt, where nobody says so, milliseconds. */
const FALLBACK_DELAY_MS = 60_000;

export interface WorkerParts {
  store: TaskStore;
  handle: TaskHandler;
  onEnd: (queue: string, end: AttemptEnd) => void;
  onStopped: (worker: EmbeddedWorker) => void;
}

/**
 * Takes tasks while it has free places. An attempt that is over by time or by hand is a failed one at once; its place
 * gets free when its handler returns.
 */
export class EmbeddedWorker implements TaskWorker {
  readonly trouble = null;
  private readonly attempts = new Set<Attempt>();
  private readonly deadlines = new Heap<Attempt>();
  private readonly alarm: Alarm;
  private readonly order: QueueOrder;
  private readonly rooms: ReadonlyMap<string, Room>;
  private willTake = false;
  private readonly stopping = new AbortController();
  private readonly stopped: Promise<number>;
  private tellStopped!: (putBack: number) => void;
  private isStopped = false;

  constructor(
    private readonly parts: WorkerParts,
    private readonly options: WorkOptions,
  ) {
    const { store } = parts;
    const monotonic = () => store.clock.monotonic();
    this.alarm = new Alarm(store.clock, monotonic, () => this.endLate());
    this.order = queueOrder(options.queues, options.strict);
    this.rooms = new Map(Object.keys(options.queues).map((name) => [name, store.room(name)]));
    this.stopped = new Promise((resolve) => (this.tellStopped = resolve));
    for (const room of this.rooms.values()) room.watchers.add(this.wake);
    this.wake();
  }

  get inHand(): number {
    return this.attempts.size;
  }

  stop(deadlineMs: number): Promise<number> {
    this.stopping.abort();
    for (const room of this.rooms.values()) room.watchers.delete(this.wake);
    if (this.attempts.size === 0) this.finish();
    const over = new AbortController();
    void this.stopped.then(() => over.abort());
    void this.parts.store.clock.sleep(deadlineMs, over.signal).then(() => this.finish());
    return this.stopped;
  }

  /** Takes in the next turn of the event loop: tasks that end at once must not keep it from everything else. */
  private readonly wake = (): void => {
    if (this.willTake || this.stopping.signal.aborted || this.attempts.size >= this.options.concurrency)
      return;
    this.willTake = true;
    setImmediate(() => {
      this.willTake = false;
      this.take();
    });
  };

  private take(): void {
    let free = this.options.concurrency - this.attempts.size;
    for (; free > 0 && !this.stopping.signal.aborted; free--) {
      const attempt = this.next();
      if (!attempt) return;
      if (attempt.at <= this.parts.store.clock.monotonic())
        this.end(attempt, failed('Its deadline is over.'));
      else void this.run(attempt);
    }
    this.wake();
  }

  private next(): Attempt | null {
    for (const name of this.order()) {
      const room = this.rooms.get(name)!;
      const task = room.isPaused ? null : room.pending.first;
      if (!task) continue;
      const { clock } = this.parts.store;
      const { timeoutMs, deadlineAt = Infinity } = task.given;
      const now = clock.now();
      const deadline = Math.min(now + timeoutMs, deadlineAt);
      const attempt = new Attempt(room, task, clock.monotonic() + deadline - now, deadline);
      room.move(task, 'active');
      task.cancel = () => this.cut(attempt, 'The attempt was cancelled.');
      return attempt;
    }
    return null;
  }

  private async run(attempt: Attempt): Promise<void> {
    const { task, abort, deadline } = attempt;
    this.attempts.add(attempt);
    this.deadlines.put(attempt);
    this.alarm.set(attempt.at);
    try {
      const verdict = await this.parts.handle(activeTask(task, deadline), abort.signal);
      this.end(attempt, isVerdict(verdict) ? verdict : failed('the handler answered no verdict'));
    } catch (error) {
      this.end(attempt, failed(textOf(error)));
    }
    this.attempts.delete(attempt);
    if (this.attempts.size === 0 && this.stopping.signal.aborted) this.finish();
    this.wake();
  }

  private end(attempt: Attempt, verdict: TaskVerdict): void {
    if (attempt.isOver) return;
    const { room, task } = attempt;
    const delayMs = verdict.kind === 'retry' ? this.delayMs(verdict.delayMs, task.retried + 1) : 0;
    this.letGo(attempt);
    this.parts.onEnd(room.name, this.parts.store.settle(room, task, verdict, delayMs));
  }

  /** Ends it as a failed one, and tells its handler. */
  private cut(attempt: Attempt, message: string): void {
    this.end(attempt, failed(message));
    attempt.abort.abort(new Error(message));
  }

  private letGo(attempt: Attempt): void {
    attempt.isOver = true;
    attempt.task.cancel = null;
    this.deadlines.remove(attempt);
  }

  private endLate(): void {
    const now = this.parts.store.clock.monotonic();
    for (let first = this.deadlines.first; first && first.at <= now; first = this.deadlines.first)
      this.cut(first, 'The attempt ran out of time.');
    this.alarm.set(this.deadlines.first?.at ?? Infinity);
  }

  private delayMs(named: number | undefined, failures: number): number {
    try {
      const delayMs = named ?? this.options.retryDelayMs(failures);
      return Number.isFinite(delayMs) ? Math.max(0, delayMs) : FALLBACK_DELAY_MS;
    } catch {
      return FALLBACK_DELAY_MS;
    }
  }

  /** Puts back what is still in hand, the last one taken first, so that the line is as it was. */
  private finish(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    const left = [...this.attempts].filter(({ isOver }) => !isOver).reverse();
    for (const attempt of left) {
      this.letGo(attempt);
      attempt.room.putBack(attempt.task);
      this.parts.onEnd(attempt.room.name, 'put-back');
      attempt.abort.abort(new Error('The worker stops.'));
    }
    this.alarm.clear();
    this.parts.onStopped(this);
    this.tellStopped(left.length);
  }
}

function failed(message: string): TaskVerdict {
  return { kind: 'retry', message };
}
