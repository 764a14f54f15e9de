import { backoffMs } from '../../core/backoff.js';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import type { PartitionOffsets } from '../../ports/record-log.port.js';
import type { AdminLink } from './admin-link.js';
import { rootOf, unavailable } from './kafka-error.js';
import type { TopicDirectory } from './topic-directory.js';

const TOPICS_PER_LINK = 100;

/**
 * Asks for offsets over a link of its own: kafkajs asks for the metadata of every topic that it ever gave offsets of,
 * and fails when one of them is gone, so the link is renewed after failures and now and then.
 */
export class OffsetsReader {
  private readonly asked = new Set<string>();

  constructor(
    private readonly directory: TopicDirectory,
    private readonly link: AdminLink,
    private readonly clock: Clock,
  ) {}

  /** @throws AppError TOPIC_UNKNOWN, READ_TIMEOUT, ... */
  async of(topic: string, deadline: number): Promise<PartitionOffsets[]> {
    await this.directory.leaders(topic);
    for (let round = 1; ; round += 1) {
      try {
        return await this.ask(topic);
      } catch (error) {
        this.renew();
        if (round > 1) await this.directory.leaders(topic); // it may be gone by now
        const pause = 20 + backoffMs(round, { baseMs: 50, capMs: 1000 });
        if (this.clock.monotonic() + pause >= deadline) throw failure(error);
        await this.clock.sleep(pause);
      }
    }
  }

  private async ask(topic: string): Promise<PartitionOffsets[]> {
    if (this.asked.size >= TOPICS_PER_LINK) this.renew();
    this.asked.add(topic);
    const offsets = await this.link.use((admin) => admin.fetchTopicOffsets(topic));
    return offsets
      .map(({ partition, low, high }) => ({ partition, earliest: Number(low), next: Number(high) }))
      .sort((a, b) => a.partition - b.partition);
  }

  private renew(): void {
    this.link.renew();
    this.asked.clear();
  }
}

function failure(error: unknown): AppError {
  return rootOf(error) instanceof AppError ? (rootOf(error) as AppError) : unavailable(error);
}
