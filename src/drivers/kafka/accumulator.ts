import { AppError } from '../../core/errors.js';
import type { AppendOutcome, NewRecord } from '../../ports/record-log.port.js';
import type { ByteBudget } from '../../core/byte-budget.js';
import { Deadlines } from './deadlines.js';
import { bytesOf, Call, Entry, RECORD_OVERHEAD } from './entry.js';
import { unavailable } from './kafka-error.js';
import type { PartitionSender } from './partition-sender.js';
import type { TopicQueue } from './topic-queue.js';

export interface AccumulatorContext {
  budget: ByteBudget;
  lingerMs: number;
  batchBytes: number;
  /** The largest record that is tried. */
  maxRecordBytes: number;
  timeoutMs: number;
  topicOf: (name: string) => TopicQueue;
  /** So many records of one `append` have their outcomes. */
  onDone: (records: number) => void;
  /** Some records were given up: what only they were kept for can go. */
  onExpired: () => void;
}

/** Takes records in, has them gather for a moment, and holds each to its deadline. */
export class Accumulator {
  private readonly deadlines = new Deadlines<Call>((call) => this.expire(call));
  private readonly lingering = new Set<PartitionSender>();
  private lingerTimer: NodeJS.Timeout | null = null;
  private sweep: NodeJS.Immediate | null = null;
  private stopping = false;

  constructor(private readonly context: AccumulatorContext) {}

  /** @throws AppError BUFFER_FULL with nothing taken */
  append(records: readonly NewRecord[]): Promise<AppendOutcome[]> {
    const { budget, timeoutMs, onDone } = this.context;
    const call = new Call(records.length, performance.now() + timeoutMs, onDone);
    const entries = records.map((record, index) => new Entry(call, index, record, bytesOf(record)));
    if (!budget.take(entries.reduce((sum, { bytes }) => sum + bytes, 0))) {
      const text = 'Too many records are waiting for Kafka: try again in a moment.';
      throw new AppError('BUFFER_FULL', text, { retryAfterS: 1 });
    }
    call.entries = entries;
    const touched: PartitionSender[] = []; // one may stand there twice: scheduling it again changes nothing
    for (const entry of entries) {
      const sender = this.place(entry);
      if (sender && sender !== touched.at(-1)) touched.push(sender);
    }
    if (!call.done) this.deadlines.add(call);
    for (const sender of touched) this.schedule(sender);
    return call.outcomes;
  }

  /** Sends now, or when the linger is over; a sender that is busy comes again when its request is answered. */
  schedule(sender: PartitionSender): void {
    if (sender.busy) return;
    if (this.context.lingerMs === 0 || sender.waitingBytes >= this.context.batchBytes) return sender.wake();
    this.lingering.add(sender);
    this.lingerTimer ??= setTimeout(() => this.flush(), this.context.lingerMs);
  }

  flush(): void {
    if (this.lingerTimer) clearTimeout(this.lingerTimer);
    this.lingerTimer = null;
    const senders = [...this.lingering];
    this.lingering.clear();
    for (const sender of senders) sender.wake();
  }

  /** The end: all that has no outcome yet is given up, as at its deadline. */
  stop(): void {
    this.stopping = true;
    this.flush();
    this.deadlines.expireAll();
  }

  /** Records that left memory. */
  release(entries: readonly Entry[]): void {
    for (const { bytes } of entries) this.context.budget.give(bytes);
  }

  private place(entry: Entry): PartitionSender | null {
    const { maxRecordBytes, topicOf } = this.context;
    const own = entry.bytes - RECORD_OVERHEAD;
    if (own <= maxRecordBytes) return topicOf(entry.record.topic).add(entry);
    const text = `The record has ${own} bytes; KAFKA_MAX_REQUEST_BYTES allows ${maxRecordBytes}.`;
    entry.fail(new AppError('RECORD_TOO_LARGE', text));
    this.release([entry]);
    return null;
  }

  private expire(call: Call): void {
    for (const entry of [...call.entries]) {
      if (entry.done) continue;
      const { holder } = entry;
      if (holder && !holder.giveUp()) {
        entry.expireUnknown(holder.lastError);
        continue;
      }
      entry.fail(this.notSent(holder?.lastError));
      if (!holder) this.release([entry]); // else its batch does
    }
    this.sweep ??= setImmediate(() => {
      this.sweep = null;
      this.context.onExpired();
    });
  }

  private notSent(cause: unknown): AppError {
    if (!this.stopping) return unavailable(cause, 'Kafka did not take the record within PRODUCE_TIMEOUT_MS');
    return new AppError('SHUTTING_DOWN', 'The service stopped before the record was sent.', { cause });
  }
}
