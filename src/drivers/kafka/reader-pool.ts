import { AppError } from '../../core/errors.js';
import type { RecordPage } from '../../ports/record-log.port.js';
import type { ClientFactory } from './client.js';
import { ConsumerSession } from './consumer-session.js';
import type { GroupCleaner } from './group-cleaner.js';
import { PageRead, type PageRequest } from './page-read.js';

export interface ReaderPoolContext {
  clients: ClientFactory;
  cleaner: GroupCleaner;
  /** The most that read at once. */
  size: number;
}

/** How long a reader waits for the next page of its topic: joining a group takes Kafka 3 s, the next page is quick. */
const IDLE_MS = 5000;

const NOBODY = { onBatch: () => undefined };

interface IdleReader {
  session: ConsumerSession;
  partitions: ReadonlySet<number>;
  timer: NodeJS.Timeout;
}

/** Reads pages with a bounded number of consumers, whose groups are deleted when they are done. */
export class ReaderPool {
  private active = 0;
  private readonly idle: IdleReader[] = [];
  private readonly reading = new Set<PageRead>();
  private readonly closing = new Map<ConsumerSession, Promise<void>>();

  constructor(private readonly context: ReaderPoolContext) {}

  /** @throws AppError READERS_BUSY, READ_TIMEOUT, RECORD_LOG_UNAVAILABLE */
  async read(request: PageRequest, partitions: readonly number[], deadline: number): Promise<RecordPage> {
    if (this.active >= this.context.size) throw readersBusy();
    this.active += 1;
    const read = new PageRead(request);
    const timer = setTimeout(() => read.fail(readTimeout()), Math.max(1, deadline - performance.now()));
    this.reading.add(read);
    const session = this.begin(read, request, partitions);
    try {
      const page = await read.page;
      this.park(session, request, partitions);
      return page;
    } catch (error) {
      this.leave(session);
      throw error;
    } finally {
      clearTimeout(timer);
      this.reading.delete(read);
      this.active -= 1;
    }
  }

  /** Ends all reads and every reader; resolves when they are disconnected. */
  async close(): Promise<void> {
    for (const read of this.reading) read.fail(new AppError('SHUTTING_DOWN', 'The service is stopping.'));
    for (const reader of [...this.idle]) this.retire(reader);
    await new Promise((resolve) => setImmediate(resolve)); // the reads that failed above leave their sessions
    while (this.closing.size > 0) await Promise.all(this.closing.values());
  }

  drop(): void {
    for (const session of this.closing.keys()) session.drop();
  }

  private begin(read: PageRead, request: PageRequest, partitions: readonly number[]): ConsumerSession {
    const { topic, partition, offset } = request;
    const waiting = this.idle.find(
      (reader) => reader.session.topic === topic && reader.partitions.has(partition),
    );
    const session = waiting ? this.takeIdle(waiting) : this.open(topic);
    session.events = {
      onBatch: (batch) => {
        read.take(batch);
      },
      onProgress: (at, next) => read.progress(at, next),
      onFetch: (nodeId) => read.fetched(nodeId),
      onCrash: (error) => read.fail(error),
    };
    if (waiting) {
      session.seek(partition, offset);
      session.resume(partition);
    } else {
      session.start(new Map(partitions.map((one) => [one, one === partition ? offset : 0])), [partition]);
    }
    return session;
  }

  private open(topic: string): ConsumerSession {
    const oldest = this.idle[0];
    if (oldest && this.idle.length + this.active > this.context.size) this.retire(oldest);
    return new ConsumerSession(this.context.clients, topic, { ...NOBODY, onCrash: () => undefined });
  }

  private park(session: ConsumerSession, { partition }: PageRequest, partitions: readonly number[]): void {
    session.pause(partition);
    const reader: IdleReader = {
      session,
      partitions: new Set(partitions),
      timer: setTimeout(() => this.retire(reader), IDLE_MS).unref(),
    };
    session.events = { ...NOBODY, onCrash: () => this.retire(reader) };
    this.idle.push(reader);
  }

  private takeIdle(reader: IdleReader): ConsumerSession {
    clearTimeout(reader.timer);
    this.idle.splice(this.idle.indexOf(reader), 1);
    return reader.session;
  }

  private retire(reader: IdleReader): void {
    if (this.idle.includes(reader)) this.leave(this.takeIdle(reader));
  }

  private leave(session: ConsumerSession): void {
    session.events = { ...NOBODY, onCrash: () => undefined };
    const closed = session.close().finally(() => {
      this.closing.delete(session);
      this.context.cleaner.delete(session.groupId);
    });
    this.closing.set(session, closed);
  }
}

export function readersBusy(): AppError {
  const text = 'All readers are busy (KAFKA_READERS): try again in a moment.';
  return new AppError('READERS_BUSY', text, { retryAfterS: 1 });
}

function readTimeout(): AppError {
  return new AppError('READ_TIMEOUT', 'Kafka did not bring the records within READ_TIMEOUT_MS.');
}
