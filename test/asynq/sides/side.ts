import type { EnqueueResult, NewTask, QueueView, TaskState } from '../../../src/ports/task-queue.port.js';
import type { Attempts } from './attempts.js';

/**
 * One of the two libraries, the real one or ours, behind one face: every test of conformance is run with either on
 * either end. Times are milliseconds since the Unix epoch.
 */
export interface Side {
  readonly name: 'Go' | 'ours';
  enqueue(task: NewTask): Promise<EnqueueResult>;
  work(options: WorkerOptions): Promise<Worker>;
  readonly inspector: Inspector;
  close(): Promise<void>;
}

/** Intervals are short in tests; the protocol's own are in ASYNQ's source. */
export interface WorkerOptions {
  queues: Record<string, number>;
  strict?: boolean;
  concurrency?: number;
  retryDelayMs?: number;
  /** What running tasks are given when it stops. */
  graceMs?: number;
  /** Failures do not count (Go's IsFailure). */
  spareTheFailed?: boolean;
}

export interface Worker {
  readonly attempts: Attempts;
  /** Lets a task go on that its script holds. */
  release(task: string): Promise<void>;
  /** As a process does when it is told to end. */
  stop(): Promise<void>;
}

/** `aggregating`: it waits in a group, which Go's clients alone can ask for. */
export type FullState = TaskState | 'aggregating';

/** All that both inspectors tell of a task. */
export interface TaskFacts {
  id: string;
  queue: string;
  type: string;
  /** A character for each byte. */
  payload: string;
  headers: Record<string, string>;
  state: FullState;
  maxRetries: number;
  retried: number;
  lastError: string;
  lastFailedAt: number | null;
  /** Of scheduled tasks and those to retry. */
  nextAt: number | null;
  completedAt: number | null;
  timeoutMs: number;
  deadlineAt: number | null;
  retentionMs: number;
  result: string;
}

/** What both inspectors tell of a queue, but for its latency, which moves. */
export type QueueFacts = Omit<QueueView, 'latencyMs'>;

/** How a change by hand was taken. */
export type Changed = 'done' | 'queue-unknown' | 'task-unknown' | 'wrong-state';

/** A running worker and what it has in hand, by its records. Payloads are base64. */
export interface ServerRecord {
  id: string;
  host: string;
  pid: number;
  concurrency: number;
  queues: Record<string, number>;
  isStrict: boolean;
  status: string;
  startedAt: number;
  workers: WorkerRecord[];
}

export interface WorkerRecord {
  task: string;
  type: string;
  payload: string;
  queue: string;
  startedAt: number;
  deadline: number;
}

/** Pages count from 1. */
export interface Page {
  number: number;
  size: number;
}

export interface Inspector {
  /** Null when there is no such task, or no such queue. */
  task(queue: string, id: string): Promise<TaskFacts | null>;
  queue(name: string): Promise<QueueFacts>;
  latencyMs(queue: string): Promise<number>;
  list(queue: string, state: TaskState, page: Page): Promise<TaskFacts[]>;
  change(what: 'run' | 'archive' | 'delete', queue: string, id: string): Promise<Changed>;
  cancel(queue: string, id: string): Promise<void>;
  pause(queue: string): Promise<void>;
  resume(queue: string): Promise<void>;
  /** Those that work on the queue. */
  servers(queue: string): Promise<ServerRecord[]>;
}
