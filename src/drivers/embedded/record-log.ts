import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import {
  RecordLog,
  type AppendOptions,
  type AppendOutcome,
  type NewRecord,
  type PartitionOffsets,
  type ReadRequest,
  type RecordPage,
  type StoredRecord,
} from '../../ports/record-log.port.js';
import { shuttingDown } from './append-errors.js';
import { AppendQueue } from './append-queue.js';
import type { Database } from './database.js';
import { Followers } from './followers.js';
import { bufferMetric } from './metrics.js';
import { RecordReader } from './record-reader.js';
import { withDeadline } from '../../core/with-deadline.js';

const PAGE_BYTES = 4 * 1024 * 1024;

export interface RecordLogOptions {
  maxRecordBytes: number;
  bufferBytes: number;
  produceTimeoutMs: number;
  readTimeoutMs: number;
  logger: Logger;
  metrics: Registry;
}

/** Records in the SQLite file of DATA_FOLDER. */
export class EmbeddedRecordLog extends RecordLog {
  readonly driver = 'embedded';
  /** Opening waits for the file. */
  readonly wasReady = true;
  readonly storage: string;
  private readonly queue: AppendQueue;
  private readonly reader: RecordReader;
  private readonly followers: Followers;
  private readonly stopListening: () => void;
  private closing: Promise<string | null> | undefined;

  constructor(
    private readonly database: Database,
    options: RecordLogOptions,
  ) {
    super();
    this.storage = database.storage;
    this.reader = new RecordReader(database, options.readTimeoutMs);
    this.followers = new Followers(this.reader);
    const failures = new FailureLog(options.logger, `Records cannot be written to ${database.file}`);
    this.queue = new AppendQueue(database, {
      maxRecordBytes: options.maxRecordBytes,
      bufferBytes: options.bufferBytes,
      timeoutMs: options.produceTimeoutMs,
      onWritten: (topics) => this.followers.wake(topics),
      onTrouble: (trouble) => (trouble ? failures.failed(trouble) : failures.succeeded()),
    });
    this.stopListening = database.onUp(() => {
      this.queue.send();
      this.followers.wakeAll();
    });
    bufferMetric(options.metrics, () => this.queue.size);
  }

  append(records: readonly NewRecord[], options: AppendOptions = {}): Promise<AppendOutcome[]> {
    if (this.closing) throw shuttingDown();
    if (records.length === 0) return Promise.resolve([]);
    return this.queue.take(records, options);
  }

  topics(): Promise<string[]> {
    return this.reader.topics();
  }

  offsets(topic: string): Promise<PartitionOffsets[]> {
    return this.reader.offsets(topic);
  }

  read(request: ReadRequest): Promise<RecordPage> {
    return this.reader.read(request, PAGE_BYTES);
  }

  tail(topic: string, signal: AbortSignal): Promise<AsyncIterable<StoredRecord[]>> {
    return this.followers.follow(topic, signal);
  }

  override get writeTrouble(): AppError | null {
    return this.database.writeTrouble;
  }

  ping(): Promise<void> {
    return this.reader.ping();
  }

  close(deadlineMs: number): Promise<string | null> {
    return (this.closing ??= this.shutDown(deadlineMs));
  }

  private async shutDown(deadlineMs: number): Promise<string | null> {
    const end = performance.now() + deadlineMs;
    const late = () => new AppError('SHUTTING_DOWN', 'late');
    const flushed = await withDeadline(this.queue.empty(), deadlineMs, late).then(
      () => true,
      () => false,
    );
    const left = flushed ? 0 : this.queue.giveUp();
    this.followers.close();
    this.stopListening();
    await this.database.release(Math.max(0, end - performance.now()));
    return left === 0 ? null : `${left} records had no outcome yet`;
  }
}
