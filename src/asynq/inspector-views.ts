import { decodeMessage, type TaskMessage } from './codec.js';
import { TaskDamagedError } from './errors.js';

/** States whose tasks can be listed; those of Asynq's groups (`aggregating`) are seen one by one only. */
export const STATES = ['pending', 'active', 'scheduled', 'retry', 'archived', 'completed'] as const;
export type State = (typeof STATES)[number];

export interface QueueInfo {
  name: string;
  isPaused: boolean;
  counts: Record<State, number>;
  /** Since when the oldest pending task waits, milliseconds; 0 when none does. */
  latencyMs: number;
  /** Attempts that ended, and those of them that failed: today (UTC), and in all. */
  processedToday: number;
  failedToday: number;
  processed: number;
  failed: number;
}

/** Times are milliseconds since the Unix epoch; null where they do not apply. */
export interface TaskInfo {
  id: string;
  queue: string;
  type: string;
  payload: Buffer;
  headers: Readonly<Record<string, string>>;
  state: State | 'aggregating';
  maxRetries: number;
  retried: number;
  /** 0: none. */
  timeoutMs: number;
  deadlineAt: number | null;
  retentionMs: number;
  lastError: string | null;
  lastFailedAt: number | null;
  /** Scheduled and retry tasks only. */
  nextAt: number | null;
  completedAt: number | null;
  result: Buffer | null;
}

/** What a script answers: text is a Buffer. */
type Text = Buffer | null;

/** What scripts/inspect-queue.lua answers; `damaged` is told of each state whose key holds another type. */
export function readQueue(
  name: string,
  answer: unknown,
  now: number,
  damaged: (state: State) => void,
): QueueInfo {
  const figures = answer as (number | Text)[];
  const number = (index: number) => Number(figures[index] ?? 0);
  const counts = Object.fromEntries(
    STATES.map((state, index) => {
      const count = number(index + 1);
      if (count < 0) damaged(state);
      return [state, Math.max(0, count)];
    }),
  ) as Record<State, number>;
  // Nanoseconds above 2^53 lose some hundreds, which are no milliseconds.
  const since = Math.floor(number(11) / 1_000_000);
  return {
    name,
    isPaused: number(0) === 1,
    counts,
    latencyMs: since > 0 ? Math.max(0, now - since) : 0,
    processedToday: number(7),
    failedToday: number(8),
    processed: number(9),
    failed: number(10),
  };
}

export interface RawTask {
  id: string;
  /** When it is processed, Unix seconds. */
  score: Text;
  msg: Text;
  result: Text;
}

/** @throws TaskDamagedError */
export function readTask({ id, score, msg, result }: RawTask, state: TaskInfo['state']): TaskInfo {
  if (msg === null) throw new TaskDamagedError('there is no message under its id');
  const message = decodeMessage(msg);
  if (message.id !== id) throw new TaskDamagedError('its message has another id');
  const isWaiting = state === 'scheduled' || state === 'retry';
  return {
    ...viewOf(message),
    state,
    nextAt: isWaiting && score !== null ? momentOf(Number(score)) : null,
    result: result === null || result.length === 0 ? null : result,
  };
}

function viewOf(message: TaskMessage): Omit<TaskInfo, 'state' | 'nextAt' | 'result'> {
  return {
    id: message.id,
    queue: message.queue,
    type: message.type,
    payload: message.payload,
    headers: message.headers,
    maxRetries: message.retry,
    retried: message.retried,
    timeoutMs: message.timeout * 1000,
    deadlineAt: momentOf(message.deadline),
    retentionMs: message.retention * 1000,
    lastError: message.lastFailedAt === 0 && message.errorMsg === '' ? null : message.errorMsg,
    lastFailedAt: momentOf(message.lastFailedAt),
    completedAt: momentOf(message.completedAt),
  };
}

function momentOf(seconds: number): number | null {
  return seconds === 0 ? null : seconds * 1000;
}

/** The pages of scripts/inspect-list.lua: five entries a task. */
export function* rawTasks(answer: unknown): Generator<RawTask & { isReadable: boolean }> {
  const entries = answer as (Text | number)[];
  for (let at = 0; at + 4 < entries.length; at += 5) {
    const [id, score, readable, msg, result] = entries.slice(at, at + 5);
    yield {
      id: (id as Buffer).toString(),
      score: score as Text,
      isReadable: readable === 1,
      msg: msg as Text,
      result: result as Text,
    };
  }
}
