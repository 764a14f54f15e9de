import type { Clock } from '../../core/clock.js';
import { AppError, asAppError } from '../../core/errors.js';
import { Attempt, type SendSettings } from './attempt.js';
import { retryDelayMs, type AttemptResult } from './attempt-result.js';
import { Batch } from './batch.js';
import type { Entry } from './entry.js';
import { EntryQueue, type RequestLimits } from './entry-queue.js';
import { unavailable } from './kafka-error.js';
import type { ProducerMetrics } from './metrics.js';
import type { PooledProducer, ProducerSlot } from './producer-slot.js';

export interface SenderContext {
  settings: SendSettings;
  limits: RequestLimits;
  /** How often a request that was sent is sent again. */
  retries: number;
  /** An ambiguous attempt may be repeated: the broker knows the records by their numbers. */
  idempotent: boolean;
  /** Records on one partition after which a producer is replaced: kafkajs numbers them up to 2^31 and no further. */
  sequenceLimit: number;
  metrics: ProducerMetrics;
  clock: Clock;
  signal: AbortSignal;
  /** Records that left memory. */
  release: (entries: readonly Entry[]) => void;
  /** Something waits after a request: has the sender woken, at once or when more have gathered. */
  schedule: (sender: PartitionSender) => void;
}

export interface SenderTopic {
  readonly name: string;
  /** Asks Kafka again whether the topic is there and has its leaders; creates it where that is allowed. */
  confirm(wanted: () => boolean): Promise<void>;
  /** A request with records of that partition is on its way. */
  onTaken(partition: number): void;
}

/** So small a request is not made smaller for a limit of the broker's. */
const LEAST_BYTES = 16_384;

/** Sends one partition's records: one request at a time, and all that gathers meanwhile in the next. */
export class PartitionSender {
  private readonly queue = new EntryQueue();
  private running = false;
  /** No record goes out on a producer of an earlier generation. */
  private generation = 0;
  private sentOn = { generation: 0, records: 0 };
  private failures = 0;
  private doubtful = false;
  private limits: RequestLimits;

  constructor(
    private readonly topic: SenderTopic,
    readonly partition: number,
    private readonly slot: ProducerSlot,
    private readonly context: SenderContext,
  ) {
    this.limits = context.limits;
  }

  get busy(): boolean {
    return this.running;
  }

  get waitingBytes(): number {
    return this.queue.bytes;
  }

  add(entry: Entry): void {
    this.queue.add(entry);
  }

  dropDone(): void {
    this.queue.dropDone();
  }

  /** Sends what waits, unless a request is under way: then it follows. */
  wake(): void {
    if (this.running || this.queue.isEmpty) return;
    this.running = true;
    void this.run();
  }

  private async run(): Promise<void> {
    try {
      await this.step();
    } finally {
      this.running = false;
      if (!this.queue.isEmpty && !this.context.signal.aborted) this.context.schedule(this);
    }
  }

  private async step(): Promise<void> {
    const { clock, signal } = this.context;
    if (this.failures > 0) await clock.sleep(retryDelayMs(this.failures + 1), signal);
    if (this.doubtful && !(await this.confirmed())) return;
    const producer =
      this.slot.ready(this.generation) ?? (await this.slot.acquire(this.generation, this.topic.name));
    const entries = producer ? this.queue.take(this.limits) : [];
    if (!producer || entries.length === 0) return;
    this.topic.onTaken(this.partition);
    producer.enter();
    const batch = new Batch(entries);
    try {
      await this.deliver(producer, batch);
    } catch (error) {
      batch.settleUnknown(error); // a bug; the records must not hang
      this.fail(producer, 'ambiguous');
    } finally {
      producer.leave();
      this.context.release(batch.finished());
    }
  }

  private async deliver(producer: PooledProducer, batch: Batch): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.attempt(producer, batch);
      if (result.kind === 'written') return this.written(producer, batch, result.baseOffset);
      this.fail(producer, result.kind);
      if (result.kind === 'ambiguous') batch.ambiguous = true;
      if (!batch.ambiguous) return this.unwritten(batch, result);
      if (!(await this.mayRepeat(batch, result))) return batch.settleUnknown(result.error);
      this.context.metrics.retried('ambiguous');
    }
  }

  private async attempt({ connected }: PooledProducer, batch: Batch): Promise<AttemptResult> {
    const { settings, metrics } = this.context;
    const attempt = new Attempt(
      { topic: this.topic.name, partition: this.partition },
      batch.entries,
      settings,
    );
    const done = metrics.sending(batch.entries.length);
    batch.attempt = attempt;
    const result = await attempt.run(connected.producer);
    batch.attempt = null;
    batch.lastError = result.kind === 'written' ? null : result.error;
    done(result.kind);
    return result;
  }

  private written(producer: PooledProducer, batch: Batch, baseOffset: number): void {
    batch.settleWritten(this.partition, baseOffset);
    this.failures = 0;
    this.doubtful = false;
    const { generation } = producer;
    const before = this.sentOn.generation === generation ? this.sentOn.records : 0;
    this.sentOn = { generation, records: before + batch.entries.length };
    if (this.sentOn.records >= this.context.sequenceLimit) this.fail(producer, 'sequence');
  }

  private fail(
    producer: PooledProducer,
    reason: Exclude<AttemptResult['kind'], 'written'> | 'sequence',
  ): void {
    this.generation = Math.max(this.generation, producer.generation + 1);
    this.slot.discard(producer, reason);
  }

  /** Waits before the same batch goes out again on the same producer; false when it must not. */
  private async mayRepeat(batch: Batch, result: AttemptResult): Promise<boolean> {
    const { idempotent, retries, clock, signal } = this.context;
    const counts = result.kind !== 'unwritten' || result.left;
    if (counts) batch.attempts += 1;
    if (!idempotent || isFinal(result) || batch.attempts > retries) return false;
    const delay = retryDelayMs(counts ? batch.attempts + 1 : 2);
    if (clock.monotonic() + delay >= batch.deadline) return false;
    await clock.sleep(delay, signal);
    return !signal.aborted;
  }

  /** Nothing of the batch is in the log: its records fail, or wait again in front of the others. */
  private unwritten(batch: Batch, result: AttemptResult): void {
    const entries = batch.live();
    if (result.kind === 'refused') return this.refused(batch, entries, result);
    if (result.kind !== 'unwritten') return;
    this.failures = result.left ? Math.min(this.failures + 1, 3) : 1;
    this.doubtful = !result.left;
    if (result.left) for (const entry of entries) entry.attempts += 1;
    const again = entries.filter(({ attempts }) => attempts <= this.context.retries);
    for (const entry of entries) {
      if (entry.attempts > this.context.retries)
        entry.fail(unavailable(result.error, 'Kafka did not take the record'));
    }
    if (again.length > 0) this.context.metrics.retried('unwritten');
    this.giveBack(batch, again);
  }

  private refused(batch: Batch, entries: Entry[], result: AttemptResult & { kind: 'refused' }): void {
    if (result.code === 'RECORD_TOO_LARGE' && batch.entries.length > 1) {
      this.limits = { ...this.limits, bytes: Math.max(LEAST_BYTES, Math.floor(batch.bytes / 2)) };
    }
    if (result.divisible && entries.length > 1) {
      const middle = Math.ceil(entries.length / 2);
      return this.giveBack(batch, entries.slice(0, middle), entries.slice(middle));
    }
    for (const entry of entries) entry.fail(refusalError(result));
  }

  private giveBack(batch: Batch, ...groups: Entry[][]): void {
    for (const group of groups) batch.handBack(group);
    this.queue.giveBack(...groups);
  }

  /** False when the topic is not to be had at present; where that is for good its records are told. */
  private async confirmed(): Promise<boolean> {
    try {
      await this.topic.confirm(() => !this.queue.isEmpty);
      this.doubtful = false;
      return true;
    } catch (error) {
      const failure = asAppError(error);
      if (failure.code === 'RECORD_LOG_UNAVAILABLE') return false; // asked again while records wait
      const failed = this.queue.takeAll();
      for (const entry of failed) entry.fail(failure);
      this.context.release(failed);
      return false;
    }
  }
}

/** Another attempt would tell nothing new. */
function isFinal(result: AttemptResult): boolean {
  return result.kind === 'refused' || (result.kind === 'ambiguous' && result.final);
}

function refusalError({ code, error }: AttemptResult & { kind: 'refused' }): AppError {
  const texts: Partial<Record<typeof code, string>> = {
    RECORD_TOO_LARGE: 'The record is larger than Kafka takes.',
    TOPIC_FORBIDDEN: 'Kafka does not let this service write to the topic.',
    RECORD_REFUSED: 'Kafka refuses the record: its timestamp, or a missing key, does not suit the topic.',
  };
  return new AppError(code, texts[code] ?? 'Kafka refuses the record.', { cause: error });
}
