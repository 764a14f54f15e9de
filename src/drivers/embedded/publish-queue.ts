import type { AppError } from '../../core/errors.js';
import type { NewMessage } from '../../ports/message-exchange.port.js';
import type { Database } from './database.js';
import {
  messageTooLarge,
  notPublished,
  publishBufferFull,
  publishUnknown,
  publishedTooLate,
  stopping,
  writeErrorOf,
} from './exchange-errors.js';
import { InFlight, type Flying } from './in-flight.js';
import { bufferedSizeOf, packMessages, sizeOf } from './message-codec.js';
import { PUBLISHED } from './protocol.js';
import { Trouble } from './trouble.js';

/** The worker commits one group while the next one fills. */
const GROUPS_AT_WORKER = 2;
const GROUP_BYTES = 4 * 1024 * 1024;

export interface PublishOptions {
  maxMessageBytes: number;
  bufferBytes: number;
  timeoutMs: number;
  /** Told the queues that a group of messages reached. */
  onPublished: (queues: readonly string[]) => void;
  /** Told when a message was refused because the queues are full. */
  onFull: () => void;
  /** Told of each group that the storage refused, and with null of each that it took. */
  onTrouble: (trouble: Trouble | null) => void;
}

interface Publish extends Flying {
  message: NewMessage;
  /** Answers it; a second answer is not heard. */
  end: (error: AppError | null) => void;
}

/**
 * Bounded buffer between `publish` and the worker: gathers the messages of one turn of the event loop, and all that
 * come while the worker is busy, into one question.
 */
export class PublishQueue {
  /** Not handed to the worker yet, the oldest first. */
  private readonly waiting = new Set<Publish>();
  private readonly flight = new InFlight<Publish>((publish) => this.late(publish, publishedTooLate()));
  private atWorker = 0;
  private sendSoon = false;

  constructor(
    private readonly database: Pick<Database, 'ask' | 'isUp'>,
    private readonly options: PublishOptions,
  ) {}

  /** Bytes that wait for the disk. */
  get size(): number {
    return this.flight.bytes;
  }

  /** @throws AppError MESSAGE_TOO_LARGE, BUFFER_FULL */
  take(message: NewMessage): Promise<void> {
    const { maxMessageBytes, bufferBytes, timeoutMs } = this.options;
    const size = sizeOf(message);
    if (size > maxMessageBytes) throw messageTooLarge(maxMessageBytes);
    const bytes = bufferedSizeOf(size);
    if (this.size > 0 && this.size + bytes > bufferBytes) throw publishBufferFull();
    return new Promise((resolve, reject) => {
      const end = (error: AppError | null) => (error ? reject(error) : resolve());
      const publish = { message, bytes, deadline: performance.now() + timeoutMs, end };
      this.waiting.add(publish);
      this.flight.add(publish);
      this.scheduleSend();
    });
  }

  /** Sends what waits, as far as the worker takes it. */
  send(): void {
    while (this.database.isUp && this.atWorker < GROUPS_AT_WORKER && this.waiting.size > 0)
      void this.hand(this.nextGroup());
  }

  /** Resolves when nothing is in flight. */
  empty(): Promise<void> {
    return this.flight.empty();
  }

  /** Answers at once what has no outcome: a stop cannot wait longer. Answers how many messages that were. */
  giveUp(): number {
    let left = 0;
    this.flight.expire(Infinity, (publish) => {
      left += 1;
      this.late(publish, stopping());
    });
    return left;
  }

  private nextGroup(): Publish[] {
    const group: Publish[] = [];
    let bytes = 0;
    for (const publish of this.waiting) {
      if (bytes >= GROUP_BYTES) break;
      bytes += publish.bytes;
      this.waiting.delete(publish);
      group.push(publish);
    }
    return group;
  }

  private scheduleSend(): void {
    if (this.sendSoon) return;
    this.sendSoon = true;
    setImmediate(() => {
      this.sendSoon = false;
      this.send();
    });
  }

  private async hand(group: readonly Publish[]): Promise<void> {
    this.atWorker += 1;
    const packed = packMessages(group.map(({ message }) => message));
    try {
      const ask = this.database.ask('publish', packed, [packed.bytes.buffer, packed.numbers.buffer]);
      const { outcomes, queues } = await ask;
      this.options.onTrouble(null);
      this.options.onPublished(queues);
      if (outcomes.includes(PUBLISHED.full)) this.options.onFull();
      group.forEach((publish, i) => {
        const outcome = outcomes[i]!;
        this.done(publish, outcome === PUBLISHED.ok ? null : notPublished(outcome));
      });
    } catch (error) {
      this.options.onTrouble(error as Trouble);
      for (const publish of group) this.done(publish, writeErrorOf(error as Trouble));
    } finally {
      this.atWorker -= 1;
      this.send();
    }
  }

  private done(publish: Publish, error: AppError | null): void {
    this.flight.end(publish, () => publish.end(error));
  }

  /** `error` is for what the worker has not got; what it has may be written yet. */
  private late(publish: Publish, error: AppError): void {
    if (this.waiting.delete(publish)) this.done(publish, error);
    else publish.end(publishUnknown());
  }
}
