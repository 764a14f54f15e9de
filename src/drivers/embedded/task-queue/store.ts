import type { Clock } from '../../../core/clock.js';
import { AppError } from '../../../core/errors.js';
import type { EnqueueResult, NewTask, TaskVerdict } from '../../../ports/task-queue.port.js';
import type { AttemptEnd } from '../../task-metrics.js';
import { Alarm } from './alarm.js';
import { Room, type Load } from './room.js';
import { settle } from './settle.js';
import { bytesOf, lockOf, storedTask, type StoredTask } from './stored-task.js';

export interface StoreBounds {
  /** EMBEDDED_QUEUE_TASKS and EMBEDDED_QUEUE_BYTES. */
  tasks: number;
  bytes: number;
}

/** All queues, and the one timer of all that waits for its time in them. */
export class TaskStore {
  private readonly all = new Map<string, Room>();
  private readonly load: Load = { tasks: 0, bytes: 0 };
  private readonly alarm: Alarm;

  constructor(
    private readonly bounds: StoreBounds,
    readonly clock: Clock,
  ) {
    this.alarm = new Alarm(
      clock,
      () => clock.now(),
      () => this.tidy(),
    );
  }

  /** Those that were ever enqueued to. */
  get rooms(): Room[] {
    return [...this.all.values()].filter(({ isKnown }) => isKnown);
  }

  /** The queue of that name, which may be empty as yet. */
  room(name: string): Room {
    let room = this.all.get(name);
    if (!room) this.all.set(name, (room = new Room(name, this.load)));
    return room;
  }

  /** How many tasks lie there that are not done: lost, when the process ends now. */
  get undone(): number {
    return this.rooms.reduce((sum, { tasks, timed }) => sum + tasks.size - timed.completed.size, 0);
  }

  /** @throws AppError STORAGE_FULL (nothing was enqueued) */
  enqueue(tasks: readonly NewTask[]): EnqueueResult[] {
    this.makeSure(tasks);
    const now = this.clock.now();
    const touched = new Set<Room>();
    const results = tasks.map((task): EnqueueResult => {
      const room = this.room(task.queue);
      if (room.tasks.has(task.id)) return 'duplicate-id';
      if (task.uniqueForMs !== undefined && room.isLocked(lockOf(task), now)) return 'not-unique';
      room.add(storedTask(task, now));
      touched.add(room);
      return 'enqueued';
    });
    for (const room of touched) this.changed(room);
    return results;
  }

  /** See `settle`. */
  settle(room: Room, task: StoredTask, verdict: TaskVerdict, delayMs: number): AttemptEnd {
    const end = settle(room, task, verdict, { now: this.clock.now(), delayMs });
    this.changed(room);
    return end;
  }

  /** Wakes who waits for it, now or at its time. */
  changed(room: Room): void {
    if (room.pending.size > 0) room.wake();
    this.alarm.set(room.next);
  }

  close(): void {
    this.alarm.clear();
    this.all.clear();
  }

  private tidy(): void {
    const now = this.clock.now();
    for (const room of this.all.values()) {
      room.tidy(now);
      this.alarm.set(room.next);
    }
  }

  private makeSure(tasks: readonly NewTask[]): void {
    const { load, bounds } = this;
    const fresh = () => tasks.filter(({ queue, id }) => !this.all.get(queue)?.tasks.has(id));
    const hasRoom = (more: readonly NewTask[]) =>
      load.tasks + more.length <= bounds.tasks &&
      load.bytes + more.reduce((sum, task) => sum + bytesOf(task), 0) <= bounds.bytes;
    if (!hasRoom(tasks) && !hasRoom(fresh())) throw full(bounds, load);
  }
}

function full(bounds: StoreBounds, { tasks }: Load): AppError {
  return new AppError(
    'STORAGE_FULL',
    `The embedded queue holds ${tasks} tasks, and no more go in: nothing was enqueued. Let a worker take them, shorten their retention, delete archived ones, or raise EMBEDDED_QUEUE_TASKS (${bounds.tasks}) and EMBEDDED_QUEUE_BYTES (${bounds.bytes}).`,
    { retryAfterS: 5 },
  );
}
