import { asAppError, AppError } from '../../core/errors.js';
import type { Entry } from './entry.js';
import { EntryQueue } from './entry-queue.js';
import type { Partitioner } from './partitioner.js';
import { Sticky } from './partitioner.js';
import type { PartitionSender, SenderTopic } from './partition-sender.js';
import type { TopicDirectory } from './topic-directory.js';

export interface TopicQueueContext {
  directory: TopicDirectory;
  partitioner: Partitioner;
  /** So many bytes fill a request: records without a key go elsewhere then. */
  batchBytes: number;
  senderOf: (topic: SenderTopic, partition: number) => PartitionSender;
  /** Records that were given to a sender without `add` being under way. */
  schedule: (sender: PartitionSender) => void;
  release: (entries: readonly Entry[]) => void;
  now: () => number;
}

const REFRESH_MS = 180_000;
/** How often a record may have the partition count asked for again. */
const GROWTH_MS = 1000;
/** How long a refresh that nobody waits for may take. */
const REFRESHING_MS = 5000;

/** A topic's records: they wait in order until its partitions are known, and then go to their partition's sender. */
export class TopicQueue implements SenderTopic {
  private readonly senders: PartitionSender[] = [];
  private readonly sticky = new Sticky();
  private readonly waiting = new EntryQueue();
  private count = 0;
  private askedAt = -Infinity;
  private asking: Promise<void> | null = null;

  constructor(
    readonly name: string,
    private readonly context: TopicQueueContext,
  ) {}

  /** True while it holds nothing that is worth keeping. */
  get isForgettable(): boolean {
    return this.count === 0 && this.senders.length === 0 && this.asking === null && this.waiting.isEmpty;
  }

  /** Answers the sender that got the record, or null when it waits or has failed. */
  add(entry: Entry): PartitionSender | null {
    const age = this.context.now() - this.askedAt;
    const { partition } = entry.record;
    const beyond = partition !== null && partition >= this.count;
    if (this.count > 0 && this.waiting.isEmpty && !(beyond && age > GROWTH_MS)) {
      if (age > REFRESH_MS) this.refresh();
      return this.assign(entry);
    }
    this.waiting.add(entry);
    this.ask(() => !this.waiting.isEmpty);
    return null;
  }

  confirm(wanted: () => boolean): Promise<void> {
    this.ask(wanted);
    return this.asking ?? Promise.resolve();
  }

  onTaken(partition: number): void {
    this.sticky.moveFrom(partition, this.count);
  }

  dropDone(): void {
    this.waiting.dropDone();
    for (const sender of this.senders) sender?.dropDone();
  }

  /** Sends what lingers. */
  flush(): void {
    for (const sender of this.senders) sender?.wake();
  }

  private refresh(): void {
    const until = this.context.now() + REFRESHING_MS;
    this.ask(() => this.context.now() < until);
  }

  private ask(wanted: () => boolean): void {
    if (this.asking) return;
    this.askedAt = this.context.now();
    const asking = this.learn(wanted).finally(() => (this.asking = null));
    asking.catch(() => undefined); // those who wait have been told
    this.asking = asking;
  }

  private async learn(wanted: () => boolean): Promise<void> {
    const { directory, schedule, release } = this.context;
    try {
      this.count = await directory.ensure(this.name, () => wanted() || !this.waiting.isEmpty);
      this.askedAt = this.context.now();
      for (const entry of this.waiting.takeAll()) {
        const sender = this.assign(entry);
        if (sender) schedule(sender);
      }
    } catch (error) {
      const failure = asAppError(error);
      if (failure.code !== 'RECORD_LOG_UNAVAILABLE') this.count = 0;
      const failed = this.waiting.takeAll();
      for (const entry of failed) entry.fail(failure);
      release(failed);
      throw failure;
    }
  }

  private assign(entry: Entry): PartitionSender | null {
    const partition = this.choose(entry);
    if (partition >= this.count) {
      const text = `Topic ${this.name} has no partition ${partition}: it has ${this.count}.`;
      entry.fail(new AppError('PARTITION_UNKNOWN', text));
      this.context.release([entry]);
      return null;
    }
    const sender = (this.senders[partition] ??= this.context.senderOf(this, partition));
    sender.add(entry);
    if (sender.waitingBytes >= this.context.batchBytes) this.sticky.moveFrom(partition, this.count);
    return sender;
  }

  private choose({ record: { partition, key } }: Entry): number {
    if (partition !== null) return partition;
    const chosen = key === null ? null : this.context.partitioner(asBuffer(key), this.count);
    return chosen ?? this.sticky.pick(this.count);
  }
}

function asBuffer(key: string | Buffer): Buffer {
  return typeof key === 'string' ? Buffer.from(key) : key;
}
