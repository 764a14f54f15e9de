import { randomUUID } from 'node:crypto';
import { newMessage, type TaskMessage } from './codec.js';
import { InvalidInputError } from './errors.js';
import { uniqueKey } from './keys.js';

/** Retries and seconds where the caller says nothing: Asynq's own. */
const DEFAULT_RETRIES = 25;
const DEFAULT_TIMEOUT_S = 1800;
const MAX_INT32 = 2 ** 31 - 1;
/** The last moment that a Date can hold. */
const MAX_MS = 8.64e15;
/** A task larger than this is no task but a file. */
const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;
const MAX_NAME_BYTES = 4096;
const MAX_HEADERS_BYTES = 64 * 1024;

/** A task to enqueue. Times and durations in milliseconds; they are kept in whole seconds, rounded up. */
export interface EnqueueTask {
  type: string;
  payload: Buffer;
  queue: string;
  /** A random UUID when absent. */
  id?: string;
  /** 25 when absent. */
  maxRetries?: number;
  /** For one attempt. Absent or 0: none, or 30 minutes where there is no deadline either. */
  timeoutMs?: number;
  /** Since the Unix epoch. */
  deadlineAt?: number;
  /** 0 or absent: it is forgotten when it is done. */
  retentionMs?: number;
  headers?: Readonly<Record<string, string>>;
  /** Since the Unix epoch; one that is over means now. */
  processAt?: number;
  /** Its lock is taken for so long at most, counted from `processAt` where that is given. */
  uniqueForMs?: number;
}

/** As the script takes it. */
export interface PreparedTask {
  message: TaskMessage;
  /** Unix seconds; 0: now. */
  processAt: number;
  /** Seconds; 0: without a lock. */
  lockSeconds: number;
}

/** @throws InvalidInputError that names the task by `index` */
export function prepareTask(task: EnqueueTask, index: number, now: number): PreparedTask {
  checkTask(task, (field, rule) => {
    throw new InvalidInputError(`tasks[${index}].${field} ${rule}.`);
  });
  const isLater = task.processAt !== undefined && task.processAt > now;
  const waitMs = isLater ? task.processAt! - now : 0;
  return {
    message: messageOf(task),
    processAt: isLater ? seconds(task.processAt) : 0,
    lockSeconds: task.uniqueForMs ? seconds(waitMs + task.uniqueForMs) : 0,
  };
}

function messageOf(task: EnqueueTask): TaskMessage {
  const message = newMessage();
  message.type = task.type;
  message.payload = task.payload;
  message.id = task.id ?? randomUUID();
  message.queue = task.queue;
  message.retry = task.maxRetries ?? DEFAULT_RETRIES;
  message.timeout = seconds(task.timeoutMs);
  message.deadline = seconds(task.deadlineAt);
  if (message.timeout === 0 && message.deadline === 0) message.timeout = DEFAULT_TIMEOUT_S;
  message.retention = seconds(task.retentionMs);
  if (task.headers) message.headers = task.headers;
  if (task.uniqueForMs) message.uniqueKey = uniqueKey(task.queue, task.type, task.payload);
  return message;
}

function seconds(ms: number | undefined): number {
  return ms ? Math.ceil(ms / 1000) : 0;
}

type Refuse = (field: string, rule: string) => never;

function checkTask(task: EnqueueTask, refuse: Refuse): void {
  checkName('type', task.type, refuse);
  checkName('queue', task.queue, refuse);
  if (task.id !== undefined) checkName('id', task.id, refuse);
  if (!Buffer.isBuffer(task.payload)) refuse('payload', 'must be a Buffer');
  if (task.payload.length > MAX_PAYLOAD_BYTES)
    refuse('payload', `is ${task.payload.length} bytes; write ${MAX_PAYLOAD_BYTES} at most`);
  if (task.maxRetries !== undefined) checkCount(task.maxRetries, refuse);
  for (const field of ['timeoutMs', 'deadlineAt', 'retentionMs', 'processAt', 'uniqueForMs'] as const)
    if (task[field] !== undefined) checkMs(field, task[field], refuse);
  if (task.headers) checkHeaders(task.headers, refuse);
}

/** Names become parts of keys, and texts of a message whose readers refuse what is not well-formed. */
function nameMistake(name: unknown): string | null {
  if (typeof name !== 'string') return 'must be a text';
  if (name.trim() === '') return 'must not be empty';
  if (!name.isWellFormed()) return 'must be well-formed Unicode: it has half of a surrogate pair';
  if (name.length > MAX_NAME_BYTES / 3 && Buffer.byteLength(name) > MAX_NAME_BYTES)
    return `is too long; write ${MAX_NAME_BYTES} bytes at most`;
  return null;
}

function checkName(field: string, name: string, refuse: Refuse): void {
  const mistake = nameMistake(name);
  if (mistake) refuse(field, mistake);
}

function checkCount(count: number, refuse: Refuse): void {
  if (!Number.isInteger(count) || count < 0 || count > MAX_INT32)
    refuse('maxRetries', `must be a whole number from 0 to ${MAX_INT32}`);
}

function checkMs(field: string, ms: number, refuse: Refuse): void {
  if (typeof ms !== 'number' || !(ms >= 0 && ms <= MAX_MS))
    refuse(field, `must be a number of milliseconds from 0 to ${MAX_MS}`);
}

function checkHeaders(headers: Readonly<Record<string, string>>, refuse: Refuse): void {
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' || !name.isWellFormed() || !value.isWellFormed())
      refuse('headers', 'must have texts of well-formed Unicode for values');
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes > MAX_HEADERS_BYTES) refuse('headers', `are ${bytes} bytes; write ${MAX_HEADERS_BYTES} at most`);
}
