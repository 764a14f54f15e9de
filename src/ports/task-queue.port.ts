import type { AppError } from '../core/errors.js';
import type { Fence } from './leader-lease.port.js';
import { Port } from './port.js';

/** A task to enqueue. Redis keeps its times in whole seconds, rounded up. */
export interface NewTask {
  /** Taken while the task lies in any state: `<monitor>:<planned ms>` makes a tick one task, whoever enqueues it. */
  id: string;
  /** What is to be done: `monitor:healthcheck`. */
  type: string;
  payload: Buffer;
  queue: string;
  /** Retries after the first attempt; then it is archived. */
  maxRetries: number;
  /** How long one attempt may take, milliseconds, more than 0. */
  timeoutMs: number;
  /** After when no attempt may run, milliseconds since the Unix epoch, more than 0. */
  deadlineAt?: number;
  /** How long it stays readable, and its id taken, when it is done; 0: it is forgotten at once. */
  retentionMs: number;
  headers?: Readonly<Record<string, string>>;
  /** Not before this time, milliseconds since the Unix epoch. */
  processAt?: number;
  /** Refuses another task of the same type and payload in this queue until it is done, this long at most. */
  uniqueForMs?: number;
}

/** `duplicate-id`: a task of this id lies there. `not-unique`: one of the same type and payload does. */
export type EnqueueResult = 'enqueued' | 'duplicate-id' | 'not-unique';

/** A task in a worker's hands. */
export interface ActiveTask {
  readonly id: string;
  readonly type: string;
  readonly payload: Buffer;
  readonly queue: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Attempts that failed before this one. */
  readonly retried: number;
  readonly maxRetries: number;
  /** When `signal` aborts, milliseconds since the Unix epoch. */
  readonly deadline: number;
}

/** What is to become of a task. The first 2,000 characters of `message` are kept: a sentence without secret. */
export type TaskVerdict =
  | { kind: 'done'; result?: Buffer }
  /** Tried again after the delay, or archived where no retry is left. `countsAsFailure: false` spares the retries. */
  | { kind: 'retry'; message: string; delayMs?: number; countsAsFailure?: boolean }
  /** Never again by itself. */
  | { kind: 'archive'; message: string };

/**
 * Must give up when `signal` aborts (its deadline, a cancellation, a lost lease, the end of the process); what it
 * answers after that is not heard. A rejection counts as `retry` with the error's message, an answer that is no verdict too.
 */
export type TaskHandler = (task: ActiveTask, signal: AbortSignal) => Promise<TaskVerdict>;

export interface WorkOptions {
  /** Queues, at least one, and their weights, whole numbers of 1 or more: how often each is asked first. */
  queues: Readonly<Record<string, number>>;
  /** True: a queue is asked only when those of higher weight are empty. */
  strict: boolean;
  /** The most tasks in hand at once, a whole number of 1 or more. A handler that ignores its signal keeps its place until it returns. */
  concurrency: number;
  /** Before the next attempt, milliseconds, where the verdict names none; `failures` counts this one. */
  retryDelayMs(failures: number): number;
}

/** A running worker. */
export interface TaskWorker {
  /** Tasks in hand. */
  readonly inHand: number;
  /** Why it takes no tasks now; null when all is well. */
  readonly trouble: AppError | null;
  /**
   * Takes no more, waits for what is in hand, `deadlineMs` (milliseconds from now) at most, then aborts it and puts it
   * back to the head of its queue. Answers how many were put back or left.
   */
  stop(deadlineMs: number): Promise<number>;
}

export const TASK_STATES = ['pending', 'active', 'scheduled', 'retry', 'archived', 'completed'] as const;
export type TaskState = (typeof TASK_STATES)[number];

export interface QueueView {
  name: string;
  isPaused: boolean;
  counts: Readonly<Record<TaskState, number>>;
  /** Since when the oldest pending task waits, milliseconds; 0 when none does. */
  latencyMs: number;
  /** Attempts that ended, and those of them that failed: today (UTC), and in all. */
  processedToday: number;
  failedToday: number;
  processed: number;
  failed: number;
}

export interface TaskView {
  id: string;
  queue: string;
  type: string;
  payload: Buffer;
  headers: Readonly<Record<string, string>>;
  state: TaskState;
  maxRetries: number;
  retried: number;
  /** Why the last attempt failed; null where none did. */
  lastError: string | null;
  /** Milliseconds since the Unix epoch; null where it does not apply. */
  lastFailedAt: number | null;
  nextAt: number | null;
  completedAt: number | null;
  result: Buffer | null;
}

/**
 * Looks at the queues and mends by hand. `queue` that does not exist: QUEUE_UNKNOWN (one exists from its first task on);
 * `id`: TASK_UNKNOWN; a task that cannot be read: TASK_DAMAGED, and `delete` takes it away.
 */
export interface TaskInspector {
  queues(): Promise<QueueView[]>;
  /** Pages from 1 on, of 1 to 1,000 (else VALIDATION_FAILED); pending, active: the next to run first; the others by time. A damaged one is left out. */
  list(queue: string, state: TaskState, page: { number: number; size: number }): Promise<TaskView[]>;
  get(queue: string, id: string): Promise<TaskView>;
  /** Scheduled, retry and archived tasks: run now. @throws AppError TASK_STATE when it is in another state */
  run(queue: string, id: string): Promise<void>;
  /** Pending, scheduled and retry tasks: never by themselves. @throws AppError TASK_STATE */
  archive(queue: string, id: string): Promise<void>;
  /** Any but active tasks. @throws AppError TASK_STATE */
  delete(queue: string, id: string): Promise<void>;
  /**
   * Aborts an active task wherever it runs, which counts as a failed attempt. Answers when that was asked for.
   * @throws AppError TASK_STATE when it is not active
   */
  cancel(queue: string, id: string): Promise<void>;
  /** No task of the queue begins until `resume`; those in hand go on. */
  pause(queue: string): Promise<void>;
  resume(queue: string): Promise<void>;
}

/**
 * Enqueues many tasks once each; hands each to one worker until it is done.
 *
 * Every driver keeps these promises (test/contracts/task-queue.contract.ts):
 * - `enqueueMany` answers for each task in order; with a fence, either this process leads at that moment or nothing at
 *   all is enqueued;
 * - a task whose id lies there in any state is a `duplicate-id` and changes nothing;
 * - a pending task is handed to one worker; the verdict is carried out before anybody else can have it, or, when its
 *   worker died, it counts as a failed attempt later and is handed out again;
 * - an attempt ends at the earlier of its timeout and its deadline, as a failed one;
 * - a failed attempt is tried again after its delay, `maxRetries` times, then archived; an archived one runs only when
 *   asked for, and is kept for 90 days, the last 10,000 of a queue;
 * - the watermark is written with its tasks or not at all, and never by who does not lead;
 * - queues are asked by weight, or strictly; within a queue the oldest goes first;
 * - nothing is taken beyond the free places of `concurrency`.
 *
 * Not promised: that a task runs once only (a worker that dies after its work and before the verdict ran it); exact
 * times of scheduled and retried tasks (some seconds late on Redis). Embedded: all that lies there is gone with the
 * process; Redis: what Redis keeps.
 *
 * Who owns the connection: the driver. `close` stops running workers too, within its deadline.
 */
export abstract class TaskQueue extends Port {
  /**
   * All of up to 500 tasks and 8 MiB or none; more are written in several steps.
   * @throws AppError LEASE_LOST (this process does not lead: nothing was enqueued; of more than one step the first tasks
   * may have been, as the message says), VALIDATION_FAILED, TASK_QUEUE_UNAVAILABLE, STORAGE_FULL (nothing was enqueued),
   * OUTCOME_UNKNOWN (some may have been: the ids make a second call safe), SHUTTING_DOWN
   *
   * `watermark`, only with a fence: written last, in the same step as the (last) tasks, or alone when there are none.
   */
  abstract enqueueMany(
    tasks: readonly NewTask[],
    fence?: Fence,
    watermark?: number,
  ): Promise<EnqueueResult[]>;

  /**
   * The greatest time below which nothing is un-enqueued, as the last holder of this lease wrote it, milliseconds since
   * the Unix epoch; null where none is. Each lease has its own, by the fence's key. Embedded: of this process's life, like the tasks, so that nothing is made up for after a restart.
   * @throws AppError TASK_QUEUE_UNAVAILABLE, SHUTTING_DOWN
   */
  abstract watermark(fence: Pick<Fence, 'key'>): Promise<number | null>;

  /** Begins to take tasks; answers at once. @throws AppError SHUTTING_DOWN, VALIDATION_FAILED */
  abstract work(options: WorkOptions, handle: TaskHandler): TaskWorker;

  abstract readonly inspector: TaskInspector;
}
