import { WireReader, WireWriter } from './codec-wire.js';

/** A running server, as it lies under `asynq:servers:{…}`. Times are milliseconds since the Unix epoch. */
export interface ServerInfo {
  host: string;
  pid: number;
  serverId: string;
  concurrency: number;
  /** Queues and their weights. */
  queues: Readonly<Record<string, number>>;
  strictPriority: boolean;
  /** `active`, `stopped`, `closed` or `new`. */
  status: string;
  startedAt: number;
  activeWorkers: number;
}

/** A task in a server's hands, as it lies in the hash `asynq:workers:{…}` under the task's id. */
export interface WorkerInfo {
  host: string;
  pid: number;
  serverId: string;
  taskId: string;
  taskType: string;
  payload: Buffer;
  queue: string;
  startedAt: number;
  deadline: number;
}

export function encodeServerInfo(info: ServerInfo): Buffer {
  const writer = new WireWriter();
  writer.text(1, info.host);
  writer.number(2, info.pid);
  writer.text(3, info.serverId);
  writer.number(4, info.concurrency);
  for (const [name, weight] of Object.entries(info.queues)) writer.message(5, weightEntry(name, weight));
  writer.number(6, info.strictPriority ? 1 : 0);
  writer.text(7, info.status);
  writer.message(8, timestamp(info.startedAt));
  writer.number(9, info.activeWorkers);
  return writer.from(0);
}

export function encodeWorkerInfo(info: WorkerInfo): Buffer {
  const writer = new WireWriter(info.payload.length + 512);
  writer.text(1, info.host);
  writer.number(2, info.pid);
  writer.text(3, info.serverId);
  writer.text(4, info.taskId);
  writer.text(5, info.taskType);
  writer.data(6, info.payload);
  writer.text(7, info.queue);
  writer.message(8, timestamp(info.startedAt));
  writer.message(9, timestamp(info.deadline));
  return writer.from(0);
}

type Fields<T> = Partial<Record<number, (record: T, reader: WireReader) => void>>;

const SERVER: Fields<ServerInfo> = {
  1: (info, reader) => (info.host = reader.text()),
  2: (info, reader) => (info.pid = reader.int32()),
  3: (info, reader) => (info.serverId = reader.text()),
  4: (info, reader) => (info.concurrency = reader.int32()),
  5: (info, reader) => (info.queues = { ...info.queues, ...readWeight(reader.data()) }),
  6: (info, reader) => (info.strictPriority = reader.number() !== 0),
  7: (info, reader) => (info.status = reader.text()),
  8: (info, reader) => (info.startedAt = readTimestamp(reader.data())),
  9: (info, reader) => (info.activeWorkers = reader.int32()),
};

const WORKER: Fields<WorkerInfo> = {
  1: (info, reader) => (info.host = reader.text()),
  2: (info, reader) => (info.pid = reader.int32()),
  3: (info, reader) => (info.serverId = reader.text()),
  4: (info, reader) => (info.taskId = reader.text()),
  5: (info, reader) => (info.taskType = reader.text()),
  6: (info, reader) => (info.payload = reader.data()),
  7: (info, reader) => (info.queue = reader.text()),
  8: (info, reader) => (info.startedAt = readTimestamp(reader.data())),
  9: (info, reader) => (info.deadline = readTimestamp(reader.data())),
};

/** @throws TaskDamagedError, and nothing else */
export function decodeServerInfo(bytes: Buffer): ServerInfo {
  return readFields(bytes, SERVER, {
    host: '',
    pid: 0,
    serverId: '',
    concurrency: 0,
    queues: {},
    strictPriority: false,
    status: '',
    startedAt: 0,
    activeWorkers: 0,
  });
}

/** `payload` is a view of `bytes`. @throws TaskDamagedError, and nothing else */
export function decodeWorkerInfo(bytes: Buffer): WorkerInfo {
  return readFields(bytes, WORKER, {
    host: '',
    pid: 0,
    serverId: '',
    taskId: '',
    taskType: '',
    payload: Buffer.alloc(0),
    queue: '',
    startedAt: 0,
    deadline: 0,
  });
}

function readFields<T>(bytes: Buffer, fields: Fields<T>, record: T): T {
  const reader = new WireReader(bytes);
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    const read = fields[field];
    if (read) read(record, reader);
    else reader.skip();
  }
  return record;
}

function weightEntry(name: string, weight: number): Buffer {
  const writer = new WireWriter(name.length * 3 + 40);
  writer.text(1, name);
  writer.number(2, weight);
  return writer.from(0);
}

function readWeight(bytes: Buffer): Record<string, number> {
  const entry = readFields(bytes, WEIGHT, { name: '', weight: 0 });
  return Object.fromEntries([[entry.name, entry.weight]]);
}

const WEIGHT: Fields<{ name: string; weight: number }> = {
  1: (entry, reader) => (entry.name = reader.text()),
  2: (entry, reader) => (entry.weight = reader.int32()),
};

/** google.protobuf.Timestamp. */
function timestamp(ms: number): Buffer {
  const writer = new WireWriter(40);
  const seconds = Math.floor(ms / 1000);
  writer.number(1, seconds);
  writer.number(2, Math.floor(ms - seconds * 1000) * 1_000_000);
  return writer.from(0);
}

function readTimestamp(bytes: Buffer): number {
  const { seconds, nanos } = readFields(bytes, TIMESTAMP, { seconds: 0, nanos: 0 });
  return seconds * 1000 + Math.floor(nanos / 1_000_000);
}

const TIMESTAMP: Fields<{ seconds: number; nanos: number }> = {
  1: (time, reader) => (time.seconds = reader.number()),
  2: (time, reader) => (time.nanos = reader.int32()),
};
