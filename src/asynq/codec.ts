import { TaskDamagedError } from './errors.js';
import { WireReader, WireWriter } from './codec-wire.js';

/**
 * A task as it lies in its hash's `msg`. Times and durations in whole seconds, 0: none.
 * Source: internal/proto/asynq.proto of github.com/hibiken/asynq v0.26.0.
 */
export interface TaskMessage {
  type: string;
  payload: Buffer;
  id: string;
  queue: string;
  /** Retries allowed. */
  retry: number;
  /** Attempts that failed. */
  retried: number;
  errorMsg: string;
  lastFailedAt: number;
  timeout: number;
  deadline: number;
  uniqueKey: string;
  groupKey: string;
  retention: number;
  completedAt: number;
  headers: Readonly<Record<string, string>>;
}

const EMPTY = Buffer.alloc(0);

/** A message with nothing but defaults. */
export function newMessage(): TaskMessage {
  return {
    type: '',
    payload: EMPTY,
    id: '',
    queue: '',
    retry: 0,
    retried: 0,
    errorMsg: '',
    lastFailedAt: 0,
    timeout: 0,
    deadline: 0,
    uniqueKey: '',
    groupKey: '',
    retention: 0,
    completedAt: 0,
    headers: {},
  };
}

export function encodeMessage(message: TaskMessage): Buffer {
  const writer = new WireWriter(message.payload.length + 256);
  writeMessage(writer, message);
  return writer.from(0);
}

export function writeMessage(writer: WireWriter, message: TaskMessage): void {
  writer.text(1, message.type);
  writer.data(2, message.payload);
  writer.text(3, message.id);
  writer.text(4, message.queue);
  writer.number(5, message.retry);
  writer.number(6, message.retried);
  writer.text(7, message.errorMsg);
  writer.number(8, message.timeout);
  writer.number(9, message.deadline);
  writer.text(10, message.uniqueKey);
  writer.number(11, message.lastFailedAt);
  writer.number(12, message.retention);
  writer.number(13, message.completedAt);
  writer.text(14, message.groupKey);
  for (const name in message.headers) writer.message(15, entryOf(name, message.headers[name]!));
}

function entryOf(name: string, value: string): Buffer {
  const writer = new WireWriter((name.length + value.length) * 3 + 40);
  writer.text(1, name);
  writer.text(2, value);
  return writer.from(0);
}

type Read = (message: TaskMessage, reader: WireReader) => void;

const FIELDS: Partial<Record<number, Read>> = {
  1: (message, reader) => (message.type = reader.text()),
  2: (message, reader) => (message.payload = reader.data()),
  3: (message, reader) => (message.id = reader.text()),
  4: (message, reader) => (message.queue = reader.text()),
  5: (message, reader) => (message.retry = reader.int32()),
  6: (message, reader) => (message.retried = reader.int32()),
  7: (message, reader) => (message.errorMsg = reader.text()),
  8: (message, reader) => (message.timeout = reader.number()),
  9: (message, reader) => (message.deadline = reader.number()),
  10: (message, reader) => (message.uniqueKey = reader.text()),
  11: (message, reader) => (message.lastFailedAt = reader.number()),
  12: (message, reader) => (message.retention = reader.number()),
  13: (message, reader) => (message.completedAt = reader.number()),
  14: (message, reader) => (message.groupKey = reader.text()),
};
const HEADERS = 15;

/**
 * Reads a message; fields that it does not know are skipped. `payload` is a view of `bytes`.
 * @throws TaskDamagedError, and nothing else
 */
export function decodeMessage(bytes: Buffer): TaskMessage {
  const reader = new WireReader(bytes);
  const message = newMessage();
  let headers: [string, string][] | null = null;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const read = FIELDS[field];
    if (read) read(message, reader);
    else if (field === HEADERS) (headers ??= []).push(readEntry(reader.data()));
    else reader.skip();
  }
  // Object.fromEntries defines names such as __proto__ as any other.
  if (headers) message.headers = Object.fromEntries(headers);
  if (message.id === '' || message.type === '') throw new TaskDamagedError('it has no id or no type');
  return message;
}

/** An entry of a map of texts; what is not there is empty. */
function readEntry(bytes: Buffer): [string, string] {
  const reader = new WireReader(bytes);
  const entry: [string, string] = ['', ''];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1 || field === 2) entry[field - 1] = reader.text();
    else reader.skip();
  }
  return entry;
}
