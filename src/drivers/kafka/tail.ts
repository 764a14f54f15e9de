import { backoffMs } from '../../core/backoff.js';
import { systemClock } from '../../core/clock.js';
import type { StoredRecord } from '../../ports/record-log.port.js';
import type { ClientFactory } from './client.js';
import {
  ConsumerSession,
  type FetchBytes,
  type FetchedBatch,
  type SessionEvents,
} from './consumer-session.js';
import type { GroupCleaner } from './group-cleaner.js';
import { Handoff } from './handoff.js';
import { storedRecord } from './stored-record.js';

const HEARTBEAT_MS = 2000;
/** What each broker may send at once: it stays in memory for as long as the follower's client does not read. */
const FETCH: FetchBytes = { partition: 65_536, all: 131_072 };

export interface TailContext {
  clients: ClientFactory;
  cleaner: GroupCleaner;
  /** Told why a follower has to begin again; it does so by itself. */
  onBroken: (error: Error) => void;
}

/** Follows a topic from given offsets on until it is aborted; connects anew when it breaks, where it was. */
export class Tail {
  private readonly groups = new Handoff<StoredRecord[]>();
  private readonly positions: Map<number, number>;
  private session: ConsumerSession | null = null;

  constructor(
    private readonly topic: string,
    positions: ReadonlyMap<number, number>,
    private readonly context: TailContext,
  ) {
    this.positions = new Map(positions);
  }

  /** Resolves when it was aborted and is disconnected. Never rejects. */
  async follow(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.groups.close(), { once: true });
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const delivered = await this.untilBroken(signal);
      if (delivered) attempt = 1;
      if (!signal.aborted)
        await systemClock.sleep(100 + backoffMs(attempt, { baseMs: 500, capMs: 5000 }), signal);
    }
  }

  async *records(stop: () => void): AsyncGenerator<StoredRecord[], void, undefined> {
    try {
      for (;;) {
        const group = await this.groups.next();
        if (group === null) return;
        yield group;
      }
    } finally {
      stop();
    }
  }

  drop(): void {
    this.session?.drop();
  }

  /** One consumer's life; answers whether it brought records. */
  private async untilBroken(signal: AbortSignal): Promise<boolean> {
    let delivered = false;
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      const events: SessionEvents = {
        onBatch: async (batch) => {
          delivered = true;
          await this.hand(batch);
        },
        onProgress: (partition, next) => void this.positions.set(partition, next),
        onCrash: (error) => {
          this.context.onBroken(error);
          resolve();
        },
      };
      const session = new ConsumerSession(this.context.clients, this.topic, events, FETCH);
      this.session = session;
      session.start(this.positions, [...this.positions.keys()]);
    });
    const session = this.session as unknown as ConsumerSession;
    session.events = { onBatch: () => undefined, onCrash: () => undefined };
    await session.close();
    this.context.cleaner.delete(session.groupId);
    return delivered;
  }

  /** Resolves when the follower has taken the records; keeps the group alive meanwhile. */
  private async hand({ partition, messages, next, heartbeat }: FetchedBatch): Promise<void> {
    const records = messages.map((message) => storedRecord(partition, message));
    if (records.length > 0) {
      const beat = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
      await this.groups.put(records).finally(() => clearInterval(beat));
    }
    this.positions.set(partition, next);
  }
}
