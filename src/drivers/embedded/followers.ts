import { ByteBudget } from '../../core/byte-budget.js';
import { AppError } from '../../core/errors.js';
import { Turns } from '../../core/turns.js';
import type { StoredRecord } from '../../ports/record-log.port.js';
import { Bell } from './bell.js';
import type { RecordReader } from './record-reader.js';

const GROUP_RECORDS = 500;
/** A follower whose client does not read holds so much, or one record. */
const GROUP_BYTES = 64 * 1024;
/** Groups that are being read from the file at once. */
const MOST_READING = 4;
/** Groups of one large record that followers hold at once. */
const MOST_LARGE_BYTES = 16 * 1024 * 1024;

interface Follower {
  topic: string;
  wake(): void;
}

/** Those who follow topics: woken by commits, reading only while their consumer asks for more. */
export class Followers {
  private readonly following = new Set<Follower>();
  private readonly turns = new Turns(MOST_READING);
  private readonly large = new ByteBudget(MOST_LARGE_BYTES);
  /** Somebody waits for room. */
  private wasFull = false;
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

  /**
   * One page of each partition that has more; moves `positions` on. A worker that is away is waited for, and so is room
   * for a large record, which is read again then.
   */
  private async *newRecords(topic: string, positions: number[]): AsyncGenerator<StoredRecord[]> {
    try {
      for (const { partition, next } of await this.reader.offsets(topic)) {
        const offset = positions[partition]!;
        if (next <= offset) continue;
        const request = { topic, partition, offset, limit: GROUP_RECORDS };
        const page = await this.turns.run(() => this.reader.page(request, GROUP_BYTES));
        const bytes = largeBytes(page.records);
        if (bytes > 0 && !this.large.take(bytes)) {
          this.wasFull = true;
          continue;
        }
        positions[partition] = page.nextOffset;
        try {
          if (page.records.length > 0) yield page.records;
        } finally {
          if (bytes > 0) this.giveBack(bytes);
        }
      }
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'RECORD_LOG_UNAVAILABLE')) throw error;
    }
  }

  private giveBack(bytes: number): void {
    this.large.give(bytes);
    if (!this.wasFull) return;
    this.wasFull = false;
    this.wakeAll();
  }
}

/** What a group takes of the room for large ones; 0 where it is an ordinary one. */
function largeBytes(records: readonly StoredRecord[]): number {
  const bytes = records.reduce((sum, record) => sum + recordBytes(record), 0);
  return bytes > 2 * GROUP_BYTES ? bytes : 0;
}

function recordBytes({ key, value, headers }: StoredRecord): number {
  const texts = Object.values(headers).reduce((sum, text) => sum + text.length, 0);
  return (key?.length ?? 0) + (value?.length ?? 0) + texts;
}
