import type { Logger } from 'pino';
import type { ChannelListener, Subscriptions } from '../../asynq/subscriptions.js';
import { backoffMs } from '../../core/backoff.js';
import { FailureLog } from '../../core/failure-log.js';
import type { Connection } from './connection.js';
import type { RedisFailure } from './meanings.js';
import { failureOf } from './redis-error.js';

const BACKOFF = { baseMs: 200, capMs: 10_000 };

/** One channel that is listened to. */
interface Channel {
  listeners: Set<ChannelListener>;
  isOn: boolean;
  /** Why its listeners are told of a gap when it works. */
  reason: string;
  attempts: number;
  again?: NodeJS.Timeout;
}

const BEGINS = 'Listening begins';
const AGAIN = 'The connection to Redis was made again';

/** Pub/sub over one connection, which is opened at the first subscription; each is made again with the connection. */
export class Subscriber implements Subscriptions {
  private readonly channels = new Map<string, Channel>();
  private connection: Connection | undefined;
  private failure: RedisFailure | null = null;
  private isClosed = false;
  private readonly log: FailureLog;

  /** `open` makes the connection, and tells the function that it is given each time it is ready. */
  constructor(
    private readonly open: (onReady: () => void) => Connection,
    logger: Logger,
  ) {
    this.log = new FailureLog(logger, 'A channel of Redis cannot be subscribed');
  }

  /** Why nothing is heard now; null when all is well, or nobody listens. */
  get trouble(): RedisFailure | null {
    if (this.channels.size === 0 || !this.connection) return null;
    return this.connection.trouble ?? this.failure;
  }

  get isReady(): boolean {
    return this.connection?.trouble === null;
  }

  /** Whether this channel is subscribed to now. */
  isOn(name: string): boolean {
    return this.isReady && this.channels.get(name)?.isOn === true;
  }

  subscribe(name: string, listener: ChannelListener): () => void {
    if (this.isClosed) return () => undefined;
    this.connection ??= this.connected();
    const channel = this.channels.get(name) ?? {
      listeners: new Set(),
      isOn: false,
      reason: BEGINS,
      attempts: 0,
    };
    channel.listeners.add(listener);
    if (!this.channels.has(name)) {
      this.channels.set(name, channel);
      if (this.isReady) this.begin(name, channel);
    } else if (channel.isOn) {
      queueMicrotask(() => channel.listeners.has(listener) && listener.onGap(BEGINS));
    }
    return () => this.drop(name, channel, listener);
  }

  async close(deadlineMs: number): Promise<void> {
    this.isClosed = true;
    for (const { again } of this.channels.values()) clearTimeout(again);
    this.channels.clear();
    await this.connection?.close(deadlineMs);
  }

  private connected(): Connection {
    const connection = this.open(() => this.beginAll());
    connection.redis.on('message', (name: string, payload: string) => {
      for (const listener of [...(this.channels.get(name)?.listeners ?? [])]) listener.onMessage(payload);
    });
    connection.redis.on('close', () => {
      for (const channel of this.channels.values()) channel.isOn = false;
    });
    connection.start();
    return connection;
  }

  private beginAll(): void {
    for (const [name, channel] of this.channels) this.begin(name, channel);
  }

  /** Until it works: for as long as somebody listens. */
  private begin(name: string, channel: Channel): void {
    clearTimeout(channel.again);
    const isWanted = () => this.channels.get(name) === channel;
    const works = (): void => {
      if (!isWanted()) return;
      const { reason } = channel;
      Object.assign(channel, { isOn: true, reason: AGAIN });
      channel.attempts = 0;
      this.failure = null;
      this.log.succeeded();
      for (const listener of [...channel.listeners]) listener.onGap(reason);
    };
    const fails = (error: unknown): void => {
      if (!isWanted() || !this.isReady) return; // the connection tells of itself, and begins again
      this.failure = failureOf(error);
      this.log.failed(`Redis ${this.failure.words}`, this.failure.advice);
      channel.attempts += 1;
      channel.again = setTimeout(() => this.begin(name, channel), backoffMs(channel.attempts, BACKOFF));
    };
    this.connection?.redis.subscribe(name).then(works, fails);
  }

  private drop(name: string, channel: Channel, listener: ChannelListener): void {
    channel.listeners.delete(listener);
    if (channel.listeners.size > 0 || this.channels.get(name) !== channel) return;
    this.channels.delete(name);
    clearTimeout(channel.again);
    if (this.isReady) this.connection?.redis.unsubscribe(name).catch(() => undefined);
  }
}
