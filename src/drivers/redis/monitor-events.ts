import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import { Audience } from '../../core/audience.js';
import { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import { MonitorEvents, type MonitorEvent, type MonitorListener } from '../../ports/monitor-events.port.js';
import {
  checkEvent,
  decodeMonitorEvent,
  MONITOR_EVENT_TYPES,
  type MonitorEventType,
  type Unreadable,
} from '../monitor-event-message.js';
import { Gaps } from './monitor-events-gaps.js';
import type { MonitorEventResult } from './monitor-events-metrics.js';
import { redisError } from './redis-error.js';
import type { RedisLink } from './redis-link.js';

/** A failure is over when none has followed for so long. */
const CALM_MS = 60_000;

const UNREADABLE: Record<Unreadable, string> = {
  too_large: 'is larger than 1 MiB',
  not_json: 'is not a JSON object',
  other_type: 'is not of its channel’s type',
  no_id: 'has no id of a monitor',
};

export interface MonitorEventsOptions {
  link: RedisLink;
  /** Before the type in the name of a channel. */
  prefix: string;
  count: (result: MonitorEventResult) => void;
  logger: Logger;
}

/**
 * Peekaping's events over Redis pub/sub (CONTRACTS.md §5): a channel for each type. Pub/sub keeps nothing, so a lost
 * connection is a gap.
 */
export class RedisMonitorEvents extends MonitorEvents {
  readonly driver = 'redis';
  private readonly listeners: Audience<MonitorListener>;
  private readonly gaps = new Gaps(MONITOR_EVENT_TYPES.length, (reason) => this.tellGap(reason));
  private readonly failures: FailureLog;
  private readonly unreadable: FailureLog;
  private subscriptions: (() => void)[] = [];
  private closed: Promise<null> | undefined;

  constructor(private readonly options: MonitorEventsOptions) {
    super();
    this.failures = new FailureLog(options.logger, 'A listener to monitor events failed');
    this.unreadable = new FailureLog(options.logger, 'Messages about monitors cannot be read');
    this.listeners = new Audience((error) => this.failures.failed(error));
  }

  async publish(event: MonitorEvent): Promise<void> {
    const { prefix, count } = this.options;
    try {
      const { text } = checkEvent(event);
      await this.ask((redis) => redis.publish(prefix + event.type, text));
      count('published');
    } catch (error) {
      count('publish_failed');
      throw error;
    }
  }

  listen(listener: MonitorListener): () => void {
    if (this.closed) return () => undefined;
    const hears = this.gaps.hasBegun && this.areOn; // else the gap is told to all once the channels work
    const greet = hears ? (each: MonitorListener) => each.onGap('listening began') : undefined;
    const leave = this.listeners.join(listener, greet);
    if (this.subscriptions.length === 0) this.subscribe();
    return () => {
      leave();
      if (this.listeners.size === 0) this.unsubscribe();
    };
  }

  get trouble(): AppError | null {
    if (this.listeners.size === 0) return null;
    const { place, trouble: broken, subscriber } = this.options.link;
    const trouble = broken ?? subscriber.trouble;
    if (trouble) return redisError('MONITOR_EVENTS_UNAVAILABLE', place, trouble);
    return this.gaps.hasBegun ? null : unavailable('The channels in Redis are not subscribed to yet.');
  }

  async ping(): Promise<void> {
    await this.ask((redis) => redis.ping());
  }

  close(deadlineMs: number): Promise<null> {
    return (this.closed ??= this.end(deadlineMs));
  }

  private async end(deadlineMs: number): Promise<null> {
    this.listeners.clear();
    this.unsubscribe();
    await this.options.link.release(deadlineMs);
    return null;
  }

  private get areOn(): boolean {
    const { link, prefix } = this.options;
    return MONITOR_EVENT_TYPES.every((type) => link.subscriber.isOn(prefix + type));
  }

  private ask<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    if (this.closed) return Promise.reject(unavailable('The service is stopping.'));
    return this.options.link.run('MONITOR_EVENTS_UNAVAILABLE', command);
  }

  private subscribe(): void {
    const { link, prefix } = this.options;
    this.subscriptions = MONITOR_EVENT_TYPES.map((type) =>
      link.subscriber.subscribe(prefix + type, {
        onMessage: (text) => this.onMessage(type, text),
        onGap: (reason) => this.gaps.works(type, reason),
      }),
    );
  }

  private unsubscribe(): void {
    for (const end of this.subscriptions.splice(0)) end();
    this.gaps.reset();
  }

  private onMessage(type: MonitorEventType, text: string): void {
    const event = decodeMonitorEvent(type, text);
    if (typeof event === 'string') return this.onUnreadable(type, event);
    this.options.count('received');
    this.unreadable.calm(CALM_MS);
    this.listeners.tell((listener) => listener.onEvent(event));
    this.failures.calm(CALM_MS);
  }

  private onUnreadable(type: MonitorEventType, why: Unreadable): void {
    this.options.count(why);
    const sentence = `one on the channel ${this.options.prefix}${type} ${UNREADABLE[why]}`;
    this.unreadable.failed(new Error(sentence));
    this.gaps.unreadable(`a message could not be read: ${sentence}`);
  }

  private tellGap(reason: string): void {
    this.listeners.tell((listener) => listener.onGap(reason));
  }
}

function unavailable(sentence: string): AppError {
  return new AppError('MONITOR_EVENTS_UNAVAILABLE', sentence);
}
