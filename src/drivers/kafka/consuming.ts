import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { GatewaySettings } from '../../config/gateway-settings.js';
import { systemClock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import type { PartitionOffsets, ReadRequest, RecordPage, StoredRecord } from '../../ports/record-log.port.js';
import { AdminLink } from './admin-link.js';
import type { ClientFactory } from './client.js';
import { GroupCleaner } from './group-cleaner.js';
import { brokerCode, translated, unavailable } from './kafka-error.js';
import { OffsetsReader } from './offsets.js';
import type { Reachability } from './reachability.js';
import { ReaderPool } from './reader-pool.js';
import { Tails } from './tails.js';
import type { TopicDirectory } from './topic-directory.js';
import { isOverBy } from '../../core/with-deadline.js';

export interface ConsumingContext {
  clients: ClientFactory;
  /** For metadata; shared with the producing side. */
  admin: AdminLink;
  directory: TopicDirectory;
  reachability: Reachability;
  gateway: GatewaySettings;
  readers: number;
  logger: Logger;
}

/** A topic of Kafka's own, so that a ping names no user's. Whether it exists does not matter. */
const PING_TOPIC = '__consumer_offsets';
const PING_MS = 5000;
/** Leaving a group and deleting it takes some tenths of a second; Kafka forgets what is left. */
const CLEANING_MS = 3000;

/** The reading side: topics, offsets, pages and followers. */
export class Consuming {
  private readonly ending = new AbortController();
  private readonly offsetsLink: AdminLink;
  private readonly offsetsReader: OffsetsReader;
  private readonly cleaner: GroupCleaner;
  private readonly readers: ReaderPool;
  private readonly tails: Tails;

  constructor(private readonly context: ConsumingContext) {
    const { clients, directory, gateway, logger } = context;
    setMaxListeners(0, this.ending.signal);
    this.offsetsLink = new AdminLink(clients);
    this.offsetsReader = new OffsetsReader(directory, this.offsetsLink, systemClock);
    this.cleaner = new GroupCleaner(this.offsetsLink, logger, systemClock, this.ending.signal);
    this.readers = new ReaderPool({ clients, cleaner: this.cleaner, size: context.readers });
    this.tails = new Tails({ clients, cleaner: this.cleaner }, Math.max(1, gateway.tailClients), logger);
  }

  async topics(): Promise<string[]> {
    try {
      const names = await this.context.admin.use((admin) => admin.listTopics());
      return names.filter((name) => !name.startsWith('__')).sort();
    } catch (error) {
      throw unavailable(error);
    }
  }

  offsets(topic: string): Promise<PartitionOffsets[]> {
    return this.offsetsReader.of(topic, this.readDeadline());
  }

  async read({ topic, partition, offset, limit }: ReadRequest): Promise<RecordPage> {
    const deadline = this.readDeadline();
    const all = await this.offsetsReader.of(topic, deadline);
    const mine = all.find((one) => one.partition === partition);
    if (!mine) {
      throw new AppError(
        'PARTITION_UNKNOWN',
        `Topic ${topic} has no partition ${partition}: it has ${all.length}.`,
      );
    }
    const from = Math.max(offset, mine.earliest);
    if (from >= mine.next) return { records: [], nextOffset: mine.next };
    const leader = (await this.context.directory.leaders(topic))[partition] ?? -1;
    const request = { topic, partition, offset: from, limit, end: mine.next, leader };
    return this.readers.read(
      request,
      all.map((one) => one.partition),
      deadline,
    );
  }

  tail(topic: string, signal: AbortSignal): Promise<AsyncIterable<StoredRecord[]>> {
    const positions = async () => {
      const all = await this.offsetsReader.of(topic, this.readDeadline());
      return new Map(all.map(({ partition, next }) => [partition, next]));
    };
    return this.tails.follow(topic, positions, signal);
  }

  /** Any answer of a broker will do, a refusal too. */
  async ping(): Promise<void> {
    let failure: unknown = new Error('no answer in time');
    const asked = this.context.admin
      .use((admin) => admin.fetchTopicMetadata({ topics: [PING_TOPIC] }))
      .then(
        () => (failure = null),
        (error: unknown) => (failure = brokerCode(error) === undefined ? error : null),
      );
    await isOverBy(asked, performance.now() + PING_MS);
    if (failure !== null) {
      this.context.reachability.failed(failure);
      throw translated(failure, PING_TOPIC);
    }
    this.context.reachability.succeeded();
  }

  async close(deadline: number): Promise<string | null> {
    const closed = await isOverBy(
      Promise.all([this.tails.close(), this.readers.close()]).then(() => this.cleaner.settled()),
      Math.min(deadline, performance.now() + CLEANING_MS),
    );
    const left = this.cleaner.left.length;
    this.ending.abort();
    this.readers.drop();
    this.tails.drop();
    const ends = Promise.all([this.offsetsLink.close(), this.context.admin.close()]);
    if (!(await isOverBy(ends, Math.max(deadline, performance.now() + 200)))) {
      this.offsetsLink.drop();
      this.context.admin.drop();
    }
    if (closed) return null;
    return left > 0
      ? `${left} consumer groups of readers were not deleted.`
      : 'Readers were not disconnected in time.';
  }

  private readDeadline(): number {
    return performance.now() + this.context.gateway.readTimeoutMs;
  }
}
