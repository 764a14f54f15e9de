import type { TaskState } from '../../../ports/task-queue.port.js';
import { Counters } from './counters.js';
import { Heap } from '../../../core/heap.js';
import { Line } from './line.js';
import type { StoredTask } from './stored-task.js';

/** Archived tasks are kept so long, and so many of a queue, as Asynq has it. */
const ARCHIVED_MS = 90 * 24 * 60 * 60_000;
const MOST_ARCHIVED = 10_000;
/** So many due tasks are moved in one turn of the event loop. */
const MOST_MOVED = 5_000;

/** What all queues hold together. */
export interface Load {
  tasks: number;
  bytes: number;
}

type TimedState = 'scheduled' | 'retry' | 'archived' | 'completed';

/** One queue: its tasks, each in the place that its state names. */
export class Room {
  readonly tasks = new Map<string, StoredTask>();
  readonly pending = new Line<StoredTask>();
  readonly active = new Line<StoredTask>();
  readonly timed: Record<TimedState, Heap<StoredTask>> = {
    scheduled: new Heap(),
    retry: new Heap(),
    archived: new Heap(),
    completed: new Heap(),
  };
  readonly counters = new Counters();
  isPaused = false;
  /** Whether a task was ever enqueued. */
  isKnown = false;
  /** Told when there is something to take. */
  readonly watchers = new Set<() => void>();
  private readonly locks = new Map<string, StoredTask>();

  constructor(
    readonly name: string,
    private readonly load: Load,
  ) {}

  /** When `tidy` has something to do; Infinity: never, as it is now. */
  get next(): number {
    const { scheduled, retry, completed, archived } = this.timed;
    const first = (heap: Heap<StoredTask>) => heap.first?.at ?? Infinity;
    return Math.min(first(scheduled), first(retry), first(completed), first(archived) + ARCHIVED_MS);
  }

  /** Whether a task of this type and payload lies there, and holds its lock. */
  isLocked(lock: string, now: number): boolean {
    const holder = this.locks.get(lock);
    return holder !== undefined && holder.lockedUntil > now;
  }

  add(task: StoredTask): void {
    this.isKnown = true;
    this.tasks.set(task.given.id, task);
    this.load.tasks += 1;
    this.load.bytes += task.bytes;
    if (task.lock !== null) this.locks.set(task.lock, task);
    this.enter(task);
  }

  /** `at`: see StoredTask. */
  move(task: StoredTask, state: TaskState, at = 0): void {
    this.leave(task);
    task.state = state;
    task.at = at;
    this.enter(task);
  }

  /** From a worker's hands to the head of the line. */
  putBack(task: StoredTask): void {
    this.leave(task);
    task.state = 'pending';
    this.pending.addFirst(task);
    this.wake();
  }

  drop(task: StoredTask): void {
    this.leave(task);
    this.unlock(task);
    this.tasks.delete(task.given.id);
    this.load.tasks -= 1;
    this.load.bytes -= task.bytes;
  }

  keepResult(task: StoredTask, result: Buffer): void {
    task.result = Buffer.from(result);
    task.bytes += result.length;
    this.load.bytes += result.length;
  }

  unlock(task: StoredTask): void {
    if (task.lock !== null && this.locks.get(task.lock) === task) this.locks.delete(task.lock);
  }

  wake(): void {
    for (const watcher of this.watchers) watcher();
  }

  /** Moves what is due, and forgets what has expired; what is too much for one turn of the event loop stays due. */
  tidy(now: number): void {
    const { scheduled, retry, completed, archived } = this.timed;
    let moves = MOST_MOVED;
    const each = (heap: Heap<StoredTask>, until: number, act: (task: StoredTask) => void) => {
      for (let task = heap.first; task && task.at <= until && moves > 0; task = heap.first, moves--)
        act(task);
    };
    each(scheduled, now, (task) => this.ready(task, now));
    each(retry, now, (task) => this.ready(task, now));
    each(completed, now, (task) => this.drop(task));
    each(archived, now - ARCHIVED_MS, (task) => this.drop(task));
    if (this.pending.size > 0) this.wake();
  }

  /** To the end of the line. */
  ready(task: StoredTask, now: number): void {
    task.pendingSince = now;
    this.move(task, 'pending');
  }

  private enter(task: StoredTask): void {
    if (task.state === 'pending' || task.state === 'active') this[task.state].add(task);
    else this.timed[task.state].put(task);
    const { archived } = this.timed;
    if (archived.size > MOST_ARCHIVED) this.drop(archived.first!);
  }

  private leave(task: StoredTask): void {
    if (task.state === 'pending' || task.state === 'active') this[task.state].remove(task);
    else this.timed[task.state].remove(task);
  }
}
