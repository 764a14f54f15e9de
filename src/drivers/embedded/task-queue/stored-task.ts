import { createHash } from 'node:crypto';
import type { ActiveTask, NewTask, TaskState, TaskView } from '../../../ports/task-queue.port.js';
import type { Timed } from '../../../core/heap.js';
import type { Linked } from './line.js';

/** A task as it lies in memory. `at`: when it is due, when it expires, or when it died, by its state. */
export interface StoredTask extends Timed, Linked<StoredTask> {
  readonly given: NewTask;
  /** Type and payload, for those that are to be unique; null for the others. */
  readonly lock: string | null;
  /** Until when `lock` holds at most. */
  readonly lockedUntil: number;
  /** What it holds of EMBEDDED_QUEUE_BYTES, about. */
  bytes: number;
  state: TaskState;
  pendingSince: number;
  retried: number;
  lastError: string | null;
  lastFailedAt: number | null;
  completedAt: number | null;
  result: Buffer | null;
  /** Ends the attempt that is under way, as a failed one. */
  cancel: (() => void) | null;
}

/** Copies what the caller may change afterwards. */
export function storedTask(given: NewTask, now: number): StoredTask {
  const startsAt = Math.max(now, given.processAt ?? now);
  return {
    given: { ...given, payload: Buffer.from(given.payload), headers: { ...given.headers } },
    lock: given.uniqueForMs === undefined ? null : lockOf(given),
    lockedUntil: startsAt + (given.uniqueForMs ?? 0),
    bytes: bytesOf(given),
    state: startsAt > now ? 'scheduled' : 'pending',
    pendingSince: now,
    retried: 0,
    lastError: null,
    lastFailedAt: null,
    completedAt: null,
    result: null,
    cancel: null,
    at: startsAt,
    place: -1,
    rank: 0,
    before: null,
    after: null,
  };
}

export function lockOf({ type, payload }: NewTask): string {
  return `${type}:${createHash('sha256').update(payload).digest('base64')}`;
}

export function bytesOf({ id, type, payload, headers }: NewTask): number {
  let bytes = 2 * (id.length + type.length) + payload.length;
  for (const [name, value] of Object.entries(headers ?? {})) bytes += 2 * (name.length + value.length);
  return bytes;
}

export function activeTask({ given, retried }: StoredTask, deadline: number): ActiveTask {
  const { id, type, queue, maxRetries, headers = {} } = given;
  const payload = Buffer.from(given.payload);
  return { id, type, payload, queue, headers: { ...headers }, retried, maxRetries, deadline };
}

export function taskView(task: StoredTask): TaskView {
  const { id, queue, type, payload, headers = {}, maxRetries } = task.given;
  const { state, retried, lastError, lastFailedAt, completedAt, result } = task;
  const isDueLater = state === 'scheduled' || state === 'retry';
  return {
    ...{ id, queue, type, payload: Buffer.from(payload), headers: { ...headers }, maxRetries },
    ...{ state, retried, lastError, lastFailedAt, completedAt },
    nextAt: isDueLater ? task.at : null,
    result: result && Buffer.from(result),
  };
}
