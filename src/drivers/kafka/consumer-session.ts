import { randomUUID } from 'node:crypto';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { dropSilentConnections, type ClientFactory, type KafkaClient } from './client.js';

export interface SessionEvents {
  /** Records of a partition that begin where it was sought; the next ones come when this has resolved. */
  onBatch(batch: FetchedBatch): Promise<void> | void;
  /** Nothing is there to be read but markers, up to `next`. */
  onProgress?(partition: number, next: number): void;
  /** A request for records was answered by a broker, perhaps with none. */
  onFetch?(nodeId: string): void;
  /** It came to an end by itself and must be closed. */
  onCrash(error: Error): void;
}

export interface FetchedBatch {
  partition: number;
  /** From the wanted offset on. */
  messages: EachBatchPayload['batch']['messages'];
  /** Where the partition goes on after them. */
  next: number;
  /** To be called every few seconds while the batch is being worked on. */
  heartbeat: () => Promise<void>;
}

/** What one request brings at most, bytes; Kafka sends one batch at least, however large. */
export interface FetchBytes {
  partition: number;
  all: number;
}

const PAGE_FETCH: FetchBytes = { partition: 1_048_576, all: 8_388_608 };

const GROUP_PREFIX = 'carillon-reader-';

/**
 * A kafkajs consumer of one topic, alone in a group of its own, that reads from offsets it is given and commits none.
 *
 * kafkajs forgets positions at each rejoin (a leader moved, say) and would begin again at the topic's start: they are
 * kept here, sought again after each join, and what was seen before is left out.
 */
export class ConsumerSession {
  readonly groupId = GROUP_PREFIX + randomUUID();
  private readonly positions = new Map<number, number>();
  private readonly client: KafkaClient;
  private readonly consumer: Consumer;
  private running: Promise<unknown> | null = null;
  private closed = false;
  /** Counts seeks, so that a batch from before one changes nothing after it. */
  private seeks = 0;
  private seeksAtBatch = 0;

  constructor(
    clients: ClientFactory,
    readonly topic: string,
    public events: SessionEvents,
    fetch = PAGE_FETCH,
  ) {
    this.client = clients();
    this.consumer = this.client.kafka.consumer({
      groupId: this.groupId,
      sessionTimeout: 10_000,
      heartbeatInterval: 2500,
      maxWaitTimeInMs: 200, // an idle fetch holds up heartbeats and stopping (SERVERS.md, finding 5)
      maxBytesPerPartition: fetch.partition,
      maxBytes: fetch.all,
      allowAutoTopicCreation: false,
      retry: { retries: 3, initialRetryTime: 100, restartOnFailure: () => Promise.resolve(false) },
    });
    dropSilentConnections(this.consumer, this.client);
    this.listen();
  }

  /** Begins; what goes wrong is told by `onCrash`. Partitions that are not `active` are paused. */
  start(positions: ReadonlyMap<number, number>, active: readonly number[]): void {
    for (const [partition, offset] of positions) this.positions.set(partition, offset);
    this.running = this.run(active).catch((error: unknown) => this.events.onCrash(error as Error));
  }

  seek(partition: number, offset: number): void {
    this.seeks += 1;
    this.positions.set(partition, offset);
    this.consumer.seek({ topic: this.topic, partition, offset: String(offset) });
  }

  pause(partition: number): void {
    this.consumer.pause([{ topic: this.topic, partitions: [partition] }]);
  }

  resume(partition: number): void {
    this.consumer.resume([{ topic: this.topic, partitions: [partition] }]);
  }

  /** Where each partition goes on. */
  get next(): ReadonlyMap<number, number> {
    return this.positions;
  }

  /** Leaves the group and disconnects. Never rejects. */
  async close(): Promise<void> {
    this.closed = true;
    await this.running;
    await this.consumer.disconnect().catch(() => undefined);
    this.drop();
  }

  drop(): void {
    this.client.dropConnections();
  }

  private async run(active: readonly number[]): Promise<void> {
    const { consumer, topic } = this;
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    if (this.closed) return;
    const started = consumer.run({
      autoCommit: false,
      eachBatch: (payload) => this.onBatch(payload),
    });
    // These count from before the first fetch, because kafkajs joins the group first.
    const paused = [...this.positions.keys()].filter((partition) => !active.includes(partition));
    if (paused.length > 0) consumer.pause([{ topic, partitions: paused }]);
    this.seekAll();
    await started;
  }

  private listen(): void {
    const { consumer } = this;
    const { GROUP_JOIN, CRASH, FETCH, START_BATCH_PROCESS, END_BATCH_PROCESS } = consumer.events;
    consumer.on(GROUP_JOIN, () => this.seekAll());
    consumer.on(CRASH, ({ payload }) => this.events.onCrash(payload.error));
    consumer.on(FETCH, ({ payload }) => {
      this.events.onFetch?.(String((payload as unknown as { nodeId: unknown }).nodeId));
    });
    consumer.on(START_BATCH_PROCESS, () => {
      this.seeksAtBatch = this.seeks;
    });
    // A batch of nothing but markers is not handed to `eachBatch`.
    consumer.on(END_BATCH_PROCESS, ({ payload: { partition, batchSize, lastOffset } }) => {
      if (batchSize > 0 || this.seeks !== this.seeksAtBatch) return;
      this.positions.set(partition, Number(lastOffset) + 1);
      this.events.onProgress?.(partition, Number(lastOffset) + 1);
    });
  }

  private seekAll(): void {
    for (const [partition, offset] of this.positions) {
      this.consumer.seek({ topic: this.topic, partition, offset: String(offset) });
    }
  }

  private async onBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const { partition } = batch;
    const { seeks } = this;
    const from = this.positions.get(partition) ?? 0;
    const next = Number(batch.lastOffset()) + 1;
    if (next <= from) return;
    const messages = batch.messages.filter(({ offset }) => Number(offset) >= from);
    await this.events.onBatch({ partition, messages, next, heartbeat: () => payload.heartbeat() });
    if (this.seeks === seeks) this.positions.set(partition, next);
  }
}
