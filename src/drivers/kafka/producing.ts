import type { AppendOutcome, NewRecord } from '../../ports/record-log.port.js';
import { Accumulator } from './accumulator.js';
import type { ByteBudget } from '../../core/byte-budget.js';
import type { Partitioner } from './partitioner.js';
import { PartitionSender, type SenderContext } from './partition-sender.js';
import type { ProducerPool } from './producer-pool.js';
import type { TopicDirectory } from './topic-directory.js';
import { TopicQueue } from './topic-queue.js';
import { isOverBy } from '../../core/with-deadline.js';

export interface ProducingContext {
  pool: ProducerPool;
  directory: TopicDirectory;
  partitioner: Partitioner;
  budget: ByteBudget;
  lingerMs: number;
  batchBytes: number;
  maxRecordBytes: number;
  timeoutMs: number;
  sender: Omit<SenderContext, 'release' | 'schedule'>;
  /** Ends everything that still runs. */
  end: () => void;
}

/** Names that turned out to be no topics are forgotten when there are so many more topics. */
const PRUNE_AFTER = 1000;
const DISCONNECT_MS = 1000;

/** The writing side: records gather by partition and go out over the pool. */
export class Producing {
  private readonly accumulator: Accumulator;
  private readonly topics = new Map<string, TopicQueue>();
  private pruneAt = PRUNE_AFTER;
  private open = 0;
  private onDrained: (() => void) | null = null;

  constructor(private readonly context: ProducingContext) {
    this.accumulator = new Accumulator({
      ...context,
      topicOf: (name) => this.topicOf(name),
      onDone: (records) => this.done(records),
      onExpired: () => {
        for (const topic of this.topics.values()) topic.dropDone();
      },
    });
  }

  append(records: readonly NewRecord[]): Promise<AppendOutcome[]> {
    this.open += records.length;
    try {
      return this.accumulator.append(records);
    } catch (error) {
      this.done(records.length); // nothing was taken
      throw error;
    }
  }

  /** Sends what was taken; what is left at the deadline is given up. */
  async close(deadline: number): Promise<string | null> {
    this.accumulator.flush();
    const drained = new Promise<void>((resolve) => (this.onDrained = resolve));
    const left = this.open === 0 || (await isOverBy(drained, deadline)) ? 0 : this.open;
    this.accumulator.stop();
    this.context.end();
    await isOverBy(this.context.pool.close(), Math.max(deadline, performance.now() + DISCONNECT_MS));
    this.context.pool.drop();
    return left === 0 ? null : `${left} records were not confirmed by Kafka.`;
  }

  private done(records: number): void {
    this.open -= records;
    if (this.open === 0) this.onDrained?.();
  }

  private topicOf(name: string): TopicQueue {
    const known = this.topics.get(name);
    if (known) return known;
    if (this.topics.size >= this.pruneAt) this.prune();
    const { pool, sender } = this.context;
    const waiting: Pick<SenderContext, 'release' | 'schedule'> = {
      release: (entries) => this.accumulator.release(entries),
      schedule: (to) => this.accumulator.schedule(to),
    };
    const topic = new TopicQueue(name, {
      ...this.context,
      ...waiting,
      senderOf: (of, partition) =>
        new PartitionSender(of, partition, pool.slotOf(name, partition), { ...sender, ...waiting }),
      now: () => performance.now(),
    });
    this.topics.set(name, topic);
    return topic;
  }

  private prune(): void {
    for (const [name, topic] of this.topics) if (topic.isForgettable) this.topics.delete(name);
    this.pruneAt = this.topics.size + PRUNE_AFTER;
  }
}
