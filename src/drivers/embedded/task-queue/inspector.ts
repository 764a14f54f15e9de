import { AppError } from '../../../core/errors.js';
import {
  TASK_STATES,
  type QueueView,
  type TaskInspector,
  type TaskState,
  type TaskView,
} from '../../../ports/task-queue.port.js';
import { checkPage } from '../../check-work.js';
import type { Room } from './room.js';
import type { TaskStore } from './store.js';
import { taskView, type StoredTask } from './stored-task.js';

/** Looks at what lies in memory, and mends it. */
export class EmbeddedTaskInspector implements TaskInspector {
  constructor(private readonly store: TaskStore) {}

  async queues(): Promise<QueueView[]> {
    return Promise.resolve(this.store.rooms.map((room) => queueView(room, this.store.clock.now())));
  }

  async list(queue: string, state: TaskState, page: { number: number; size: number }): Promise<TaskView[]> {
    checkPage(page);
    const from = (page.number - 1) * page.size;
    const all = await this.do(queue, (room) => [...inOrder(room, state)]);
    return all.slice(from, from + page.size).map(taskView);
  }

  async get(queue: string, id: string): Promise<TaskView> {
    return this.do(queue, (room) => taskView(taskOf(room, id)));
  }

  async run(queue: string, id: string): Promise<void> {
    return this.change(queue, id, ['scheduled', 'retry', 'archived'], (room, task) =>
      room.ready(task, this.store.clock.now()),
    );
  }

  async archive(queue: string, id: string): Promise<void> {
    return this.change(queue, id, ['pending', 'scheduled', 'retry'], (room, task) =>
      room.move(task, 'archived', this.store.clock.now()),
    );
  }

  async delete(queue: string, id: string): Promise<void> {
    const but = TASK_STATES.filter((state) => state !== 'active');
    return this.change(queue, id, but, (room, task) => room.drop(task));
  }

  async cancel(queue: string, id: string): Promise<void> {
    return this.change(queue, id, ['active'], (_room, task) => task.cancel?.());
  }

  async pause(queue: string): Promise<void> {
    return this.do(queue, (room) => void (room.isPaused = true));
  }

  async resume(queue: string): Promise<void> {
    return this.do(queue, (room) => {
      room.isPaused = false;
      this.store.changed(room);
    });
  }

  private change(
    queue: string,
    id: string,
    from: readonly TaskState[],
    act: (room: Room, task: StoredTask) => void,
  ): Promise<void> {
    return this.do(queue, (room) => {
      const task = taskOf(room, id);
      if (!from.includes(task.state)) throw wrongState(task.state, from);
      act(room, task);
      this.store.changed(room);
    });
  }

  /** What it throws becomes a rejection. */
  private do<T>(queue: string, act: (room: Room) => T): Promise<T> {
    return new Promise((resolve) => {
      const room = this.store.rooms.find(({ name }) => name === queue);
      if (!room) throw new AppError('QUEUE_UNKNOWN', 'There is no queue of this name.');
      resolve(act(room));
    });
  }
}

function taskOf(room: Room, id: string): StoredTask {
  const task = room.tasks.get(id);
  if (!task) throw new AppError('TASK_UNKNOWN', 'There is no task of this id in the queue.');
  return task;
}

function wrongState(state: TaskState, from: readonly TaskState[]): AppError {
  return new AppError('TASK_STATE', `The task is ${state}; this can be done only to: ${from.join(', ')}.`);
}

function inOrder(room: Room, state: TaskState): Iterable<StoredTask> {
  return state === 'pending' || state === 'active' ? room[state] : room.timed[state].sorted();
}

function queueView(room: Room, now: number): QueueView {
  const { name, isPaused, pending, active, timed, counters } = room;
  const { processed, failed } = counters;
  const today = counters.today(now);
  return {
    name,
    isPaused,
    counts: {
      pending: pending.size,
      active: active.size,
      scheduled: timed.scheduled.size,
      retry: timed.retry.size,
      archived: timed.archived.size,
      completed: timed.completed.size,
    },
    latencyMs: pending.first ? Math.max(0, now - pending.first.pendingSince) : 0,
    processedToday: today.processed,
    failedToday: today.failed,
    processed,
    failed,
  };
}
