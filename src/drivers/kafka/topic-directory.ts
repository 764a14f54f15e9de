import { backoffMs } from '../../core/backoff.js';
import type { Clock } from '../../core/clock.js';
import type { AppError } from '../../core/errors.js';
import type { AdminLink } from './admin-link.js';
import type { AutoCreation } from './auto-creation.js';
import { brokerCode, translated, unavailable } from './kafka-error.js';
import type { Reachability } from './reachability.js';
import { RecentRefusals } from './recent-refusals.js';
import type { TopicCreator } from './topic-creator.js';
import { Turnstile } from './turnstile.js';

export interface DirectoryContext {
  admin: AdminLink;
  creator: TopicCreator;
  autoCreation: AutoCreation;
  reachability: Reachability;
  clock: Clock;
  signal: AbortSignal;
}

const ASKING_AT_ONCE = 8;
/** How long a topic may take to appear on a cluster that does not say whether it creates topics. */
const DOUBT_MS = 3000;
const ASK_CREATION_AGAIN_MS = 2000;

/** Knows topics by asking Kafka, and has them created at first use. */
export class TopicDirectory {
  private readonly refusals: RecentRefusals;
  private readonly turns = new Turnstile(ASKING_AT_ONCE);

  constructor(private readonly context: DirectoryContext) {
    this.refusals = new RecentRefusals(context.clock);
  }

  /**
   * The node that leads each partition. Never creates the topic.
   * @throws AppError TOPIC_UNKNOWN, TOPIC_FORBIDDEN, RECORD_LOG_UNAVAILABLE
   */
  async leaders(topic: string): Promise<number[]> {
    const { admin, reachability } = this.context;
    try {
      const { topics } = await this.turns.run(() =>
        admin.use((client) => client.fetchTopicMetadata({ topics: [topic] })),
      );
      reachability.succeeded();
      const partitions = topics.find(({ name }) => name === topic)?.partitions ?? [];
      if (partitions.length === 0) throw unavailable(new Error('Kafka told no partitions'));
      return partitions.sort((a, b) => a.partitionId - b.partitionId).map(({ leader }) => leader);
    } catch (error) {
      if (brokerCode(error) === undefined) reachability.failed(error);
      else reachability.succeeded();
      throw translated(error, topic);
    }
  }

  /**
   * The partition count of a topic that records wait for: created where the broker does that, and asked for until it is
   * there or nobody waits any more. @throws AppError
   */
  async ensure(topic: string, wanted: () => boolean): Promise<number> {
    const { clock, signal } = this.context;
    this.refusals.throwIfRecent(topic);
    const creation = this.creation(topic);
    let last: unknown = new Error('nobody waits for it');
    for (let round = 1; wanted() && !signal.aborted; round += 1) {
      try {
        return (await this.leaders(topic)).length;
      } catch (error) {
        last = error;
        await this.refusedForGood(topic, error as AppError, creation);
      }
      await clock.sleep(20 + backoffMs(round, { baseMs: 50, capMs: 500 }), signal);
    }
    throw last;
  }

  private async refusedForGood(
    topic: string,
    error: AppError,
    creation: () => Promise<boolean>,
  ): Promise<void> {
    if (error.code === 'RECORD_LOG_UNAVAILABLE') return;
    if (error.code === 'TOPIC_UNKNOWN' && (await creation())) return;
    this.refusals.add(topic, error);
    throw error;
  }

  /** Asks the broker to create the topic, now and then; false when it will not. */
  private creation(topic: string): () => Promise<boolean> {
    const { autoCreation, creator, clock } = this.context;
    const since = clock.monotonic();
    let askedAt = -Infinity;
    return async () => {
      const enabled = await autoCreation.enabled();
      if (enabled === false) return false;
      const now = clock.monotonic();
      if (enabled === undefined && now - since > DOUBT_MS) return false;
      if (now - askedAt < ASK_CREATION_AGAIN_MS) return true;
      askedAt = now;
      await creator.ask(topic).catch((error: unknown) => {
        const refusal = translated(error, topic);
        this.refusals.add(topic, refusal);
        throw refusal;
      });
      return true;
    };
  }
}
