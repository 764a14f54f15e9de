import { AppError } from '../../core/errors.js';
import type { StoredRecord } from '../../ports/record-log.port.js';
import { Bell } from './bell.js';
import type { RecordReader } from './record-reader.js';

const GROUP_RECORDS = 500;
const GROUP_BYTES = 1024 * 1024;

interface Follower {
  topic: string;
  wake(): void;
}

/** Those who follow topics: woken by commits, reading only while their consumer asks for more. */
export class Followers {
  private readonly following = new Set<Follower>();
  private closed = false;

  constructor(private readonly reader: Pick<RecordReader, 'offsets' | 'page'>) {}

  /** Records from the topics' present ends on. @throws AppError TOPIC_UNKNOWN and as `read` */
  async follow(topic: string, signal: AbortSignal): Promise<AsyncIterable<StoredRecord[]>> {
    const ends = await this.reader.offsets(topic);
    return this.groups(
      topic,
      ends.map(({ next }) => next),
      signal,
    );
  }

  /** Something was written to these topics, or may have been. */
  wake(topics: readonly string[]): void {
    if (this.following.size === 0) return;
    for (const follower of this.following) if (topics.includes(follower.topic)) follower.wake();
  }

  wakeAll(): void {
    for (const follower of this.following) follower.wake();
  }

  /** Ends all. */
  close(): void {
    this.closed = true;
    this.wakeAll();
  }

  private async *groups(
    topic: string,
    positions: number[],
    signal: AbortSignal,
  ): AsyncGenerator<StoredRecord[]> {
    const bell = new Bell();
    const follower = { topic, wake: () => bell.ring() };
    const over = () => signal.aborted || this.closed;
    this.following.add(follower);
    signal.addEventListener('abort', follower.wake);
    try {
      while (!over()) {
        // Taken before the look, so that what is written during it is not missed.
        const rung = bell.next();
        let found = false;
        for await (const group of this.newRecords(topic, positions)) {
          found = true;
          if (over()) return;
          yield group;
          if (over()) return;
        }
        if (!found && !over()) await rung;
      }
    } finally {
      this.following.delete(follower);
      signal.removeEventListener('abort', follower.wake);
    }
  }

  /** One page of each partition that has more; moves `positions` on. A worker that is away is waited for. */
  private async *newRecords(topic: string, positions: number[]): AsyncGenerator<StoredRecord[]> {
    try {
      for (const { partition, next } of await this.reader.offsets(topic)) {
        const offset = positions[partition]!;
        if (next <= offset) continue;
        const page = await this.reader.page({ topic, partition, offset, limit: GROUP_RECORDS }, GROUP_BYTES);
        positions[partition] = page.nextOffset;
        if (page.records.length > 0) yield page.records;
      }
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'RECORD_LOG_UNAVAILABLE')) throw error;
    }
  }
}
