import { join } from 'node:path';
import { parentPort, receiveMessageOnPort, workerData, type Transferable } from 'node:worker_threads';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import {
  READING,
  type Answer,
  type FromWorker,
  type Question,
  type WorkerData,
  type WorkerOptions,
} from '../protocol.js';
import { ExitGate } from '../../exit-gate.js';
import { openSqliteFile } from '../../sqlite-file.js';
import { Broker } from './broker.js';
import { FolderLock } from './folder-lock.js';
import { GroupCommit } from './group-commit.js';
import { KeyTable } from './key-table.js';
import { RecordTable } from './record-table.js';
import { prepareFile } from './schema.js';
import { messageOf } from './sqlite-errors.js';
import { TopicTable } from './topic-table.js';

/** A person with the sqlite3 shell may hold the file for a moment. */
const BUSY_MS = 2_000;
const CACHE_KIB = 16_384;
/** Questions that share one transaction. */
const MOST_AT_ONCE = 1_000;

/** The one thread that touches the file. It never waits for anything but the disk. */
class FileServer {
  private constructor(
    private readonly lock: FolderLock,
    private readonly db: DatabaseSyncInstance,
    private readonly records: RecordTable,
    private readonly broker: Broker,
    private readonly commits: GroupCommit,
  ) {}

  /** @throws Error in a sentence that names DATA_FOLDER */
  static open({ folder, partitions, maxKeys, maxMessages, owner }: WorkerOptions): FileServer {
    const lock = FolderLock.take(folder);
    try {
      const db = openSqliteFile(join(folder, 'carillon.db'), { busyMs: BUSY_MS, cacheKib: CACHE_KIB });
      prepareFile(db);
      const records = new RecordTable(db, new TopicTable(db, partitions));
      const broker = new Broker(db, maxMessages);
      const commits = new GroupCommit(db, { records, keys: new KeyTable(db, maxKeys, owner), broker });
      return new FileServer(lock, db, records, broker, commits);
    } catch (error) {
      lock.release();
      throw new Error(`DATA_FOLDER ${folder}: carillon.db cannot be opened (${messageOf(error)}).`, {
        cause: error,
      });
    }
  }

  /** Writers first, in one transaction, then readers, who so see it. */
  serve(questions: readonly Question[]): FromWorker {
    const writers = questions.filter(({ op }) => !READING.has(op) && op !== 'close');
    const began = performance.now();
    const answers = writers.length > 0 ? this.commits.run(writers) : [];
    const commitMs = writers.length > 0 ? performance.now() - began : null;
    for (const question of questions) if (READING.has(question.op)) answers.push(this.look(question));
    for (const { op, id } of questions) if (op === 'close') answers.push(this.close(id));
    return { kind: 'answers', answers, commitMs };
  }

  private look(question: Question): Answer {
    const { id, op, ask } = question;
    try {
      switch (op) {
        case 'topics':
          return { id, value: this.records.topics.names() };
        case 'offsets':
          return { id, value: this.records.offsets(ask) };
        case 'read':
          return { id, value: this.records.read(ask) };
        case 'ping':
          return { id, value: null };
        default:
          return { id, value: this.broker.look(question) };
      }
    } catch (error) {
      return { id, failure: { code: 'failed', message: messageOf(error) } };
    }
  }

  private close(id: number): Answer {
    this.db.close();
    this.lock.release();
    return { id, value: null };
  }
}

function isView(value: unknown): value is ArrayBufferView<ArrayBuffer> {
  return ArrayBuffer.isView(value);
}

/** Big answers are handed over, not copied. */
function buffersOf(message: FromWorker): Transferable[] {
  if (message.kind !== 'answers') return [];
  return message.answers.flatMap((answer) => {
    if (!('value' in answer)) return [];
    const { value } = answer;
    if (value instanceof Float64Array) return [value.buffer];
    if (value === null || typeof value !== 'object') return [];
    const flat = 'rows' in value ? value.rows : value;
    return Object.values(flat)
      .filter(isView)
      .map(({ buffer }) => buffer);
  });
}

function send(message: FromWorker): void {
  port.postMessage(message, buffersOf(message));
}

if (!parentPort) throw new Error('This file is a worker of drivers/embedded/database.ts.');
const port = parentPort;
const options = workerData as WorkerData;
const gate = new ExitGate(options.gate);

/** The first question and all that wait behind it. */
function waiting(first: Question): Question[] {
  const questions = [first];
  while (questions.length < MOST_AT_ONCE) {
    const more = receiveMessageOnPort(port);
    if (!more) break;
    questions.push(more.message as Question);
  }
  return questions;
}

gate.enter();
try {
  const server = FileServer.open(options);
  port.on('message', (first: Question) => {
    gate.enter();
    try {
      const questions = waiting(first);
      send(server.serve(questions));
      if (questions.some(({ op }) => op === 'close')) port.close();
    } finally {
      gate.leave();
    }
  });
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'refused', message: messageOf(error) });
} finally {
  gate.leave();
}
