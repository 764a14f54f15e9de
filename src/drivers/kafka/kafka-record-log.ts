import { AppError } from '../../core/errors.js';
import {
  RecordLog,
  type AppendOutcome,
  type NewRecord,
  type PartitionOffsets,
  type ReadRequest,
  type RecordPage,
  type StoredRecord,
} from '../../ports/record-log.port.js';
import type { Consuming } from './consuming.js';
import type { Producing } from './producing.js';
import type { Reachability } from './reachability.js';

/** The record log on Kafka: `Producing` writes, `Consuming` reads, each over its own connections. */
export class KafkaRecordLog extends RecordLog {
  readonly driver = 'kafka';
  readonly storage = 'kafka';
  private closed: Promise<string | null> | null = null;

  constructor(
    private readonly producing: Producing,
    private readonly consuming: Consuming,
    private readonly reachability: Reachability,
  ) {
    super();
  }

  get wasReady(): boolean {
    return this.reachability.wasReady;
  }

  append(records: readonly NewRecord[]): Promise<AppendOutcome[]> {
    if (this.closed) throw shuttingDown();
    if (records.length === 0) return Promise.resolve([]);
    return this.producing.append(records);
  }

  topics(): Promise<string[]> {
    return this.consuming.topics();
  }

  offsets(topic: string): Promise<PartitionOffsets[]> {
    return this.consuming.offsets(topic);
  }

  async read(request: ReadRequest): Promise<RecordPage> {
    if (this.closed) throw shuttingDown();
    return this.consuming.read(request);
  }

  async tail(topic: string, signal: AbortSignal): Promise<AsyncIterable<StoredRecord[]>> {
    if (this.closed) throw shuttingDown();
    return this.consuming.tail(topic, signal);
  }

  ping(): Promise<void> {
    return this.consuming.ping();
  }

  close(deadlineMs: number): Promise<string | null> {
    this.closed ??= this.end(performance.now() + deadlineMs);
    return this.closed;
  }

  private async end(deadline: number): Promise<string | null> {
    const left = await Promise.all([this.producing.close(deadline), this.consuming.close(deadline)]);
    const sentences = left.filter((sentence) => sentence !== null);
    return sentences.length > 0 ? sentences.join(' ') : null;
  }
}

function shuttingDown(): AppError {
  return new AppError('SHUTTING_DOWN', 'The service is stopping.');
}
