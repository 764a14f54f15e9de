import { Inspector, type OnDamaged } from '../../asynq/inspector.js';
import type { ChangeResult } from '../../asynq/inspector-changes.js';
import type { TaskInfo } from '../../asynq/inspector-views.js';
import { AppError } from '../../core/errors.js';
import type { QueueView, TaskInspector, TaskState, TaskView } from '../../ports/task-queue.port.js';
import { checkPage } from '../check-work.js';
import type { RedisLink } from './redis-link.js';
import { ask, write } from './task-queue-calls.js';

/** Asynq's inspector as the port has it. */
export class RedisTaskInspector implements TaskInspector {
  private readonly inspector: Inspector;

  constructor(
    private readonly link: RedisLink,
    /** Told of what is left out of an answer. */
    onDamaged: OnDamaged,
  ) {
    this.inspector = new Inspector(link.redis, onDamaged);
  }

  queues(): Promise<QueueView[]> {
    return ask(this.link, () => this.inspector.queues());
  }

  async list(queue: string, state: TaskState, page: { number: number; size: number }): Promise<TaskView[]> {
    checkPage(page);
    const tasks = await ask(this.link, () => this.inspector.list(queue, state, page));
    if (!tasks) throw queueUnknown();
    return tasks.map(viewOf);
  }

  async get(queue: string, id: string): Promise<TaskView> {
    const task = await ask(this.link, () => this.inspector.get(queue, id));
    if (task === 'queue-unknown') throw queueUnknown();
    if (task === 'task-unknown') throw taskUnknown();
    return viewOf(task);
  }

  async run(queue: string, id: string): Promise<void> {
    expectDone(await write(this.link, () => this.inspector.change('run', queue, id)));
  }

  async archive(queue: string, id: string): Promise<void> {
    expectDone(await write(this.link, () => this.inspector.change('archive', queue, id)));
  }

  async delete(queue: string, id: string): Promise<void> {
    expectDone(await write(this.link, () => this.inspector.change('delete', queue, id)));
  }

  async cancel(queue: string, id: string): Promise<void> {
    expectDone(await write(this.link, () => this.inspector.cancel(queue, id)));
  }

  async pause(queue: string): Promise<void> {
    if (!(await ask(this.link, () => this.inspector.pause(queue)))) throw queueUnknown();
  }

  async resume(queue: string): Promise<void> {
    if (!(await ask(this.link, () => this.inspector.resume(queue)))) throw queueUnknown();
  }
}

function viewOf({ timeoutMs: _t, deadlineAt: _d, retentionMs: _r, state, ...task }: TaskInfo): TaskView {
  if (state !== 'aggregating') return { ...task, state };
  throw new AppError('TASK_STATE', 'The task waits in a group of Asynq’s, which only its own tools show.');
}

function expectDone(result: ChangeResult): void {
  switch (result) {
    case 'done':
      return;
    case 'queue-unknown':
      throw queueUnknown();
    case 'task-unknown':
      throw taskUnknown();
    case 'wrong-state':
      throw new AppError('TASK_STATE', 'The task is in a state in which this cannot be done to it.');
  }
}

function queueUnknown(): AppError {
  return new AppError('QUEUE_UNKNOWN', 'There is no queue of this name.');
}

function taskUnknown(): AppError {
  return new AppError('TASK_UNKNOWN', 'There is no task of this id in the queue.');
}
