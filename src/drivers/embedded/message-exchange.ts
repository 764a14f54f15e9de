import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { systemClock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import { isOverBy, withDeadline } from '../../core/with-deadline.js';
import {
  MessageExchange,
  type Consumer,
  type Handler,
  type NewMessage,
  type Subscription,
} from '../../ports/message-exchange.port.js';
import { EmbeddedConsumer } from './consumer.js';
import type { Database } from './database.js';
import { EmbeddedDeadLetters } from './dead-letters.js';
import { askErrorOf, stopping } from './exchange-errors.js';
import { FullQueuesLog } from './full-queues-log.js';
import { exchangeMetrics } from './metrics.js';
import { PublishQueue } from './publish-queue.js';
import { Trouble } from './trouble.js';

/** A look at the metrics waits no longer for the worker. */
const COUNT_MS = 1_000;

export interface ExchangeOptions {
  maxMessageBytes: number;
  bufferBytes: number;
  publishTimeoutMs: number;
  readTimeoutMs: number;
  logger: Logger;
  metrics: Registry;
}

/**
 * Exchanges, queues and dead letters in the SQLite file of DATA_FOLDER. A queue of the process's own is durable too, and
 * named after its exchange: nothing is lost over restarts.
 */
export class EmbeddedMessageExchange extends MessageExchange {
  readonly driver = 'embedded';
  private readonly queue: PublishQueue;
  /** Those that run, by their queue. */
  private readonly consumers = new Map<string, EmbeddedConsumer>();
  private readonly stopListening: () => void;
  private closing: Promise<string | null> | undefined;

  constructor(
    private readonly database: Database,
    private readonly options: ExchangeOptions,
  ) {
    super();
    const failures = new FailureLog(options.logger, `Messages cannot be written to ${database.file}`);
    const full = new FullQueuesLog(database, (name) => this.isConsumed(name), options.logger);
    this.queue = new PublishQueue(database, {
      maxMessageBytes: options.maxMessageBytes,
      bufferBytes: options.bufferBytes,
      timeoutMs: options.publishTimeoutMs,
      onPublished: (queues) => queues.forEach((name) => this.consumers.get(name)?.wake()),
      onFull: () => void full.refused(),
      onTrouble: (trouble) => (trouble ? failures.failed(trouble) : failures.succeeded()),
    });
    this.stopListening = database.onUp(() => {
      this.queue.send();
      for (const consumer of this.consumers.values()) consumer.tryAgain();
    });
    exchangeMetrics(options.metrics, {
      bytes: () => this.queue.size,
      count: () => withDeadline(database.ask('count', null), COUNT_MS, () => new Error('late')),
    });
  }

  async publish(message: NewMessage): Promise<void> {
    if (this.closing) throw stopping();
    await this.queue.take(message);
  }

  consume(subscription: Subscription, handle: Handler): Consumer {
    if (this.closing) throw stopping();
    const queue = subscription.queue ?? subscription.exchange;
    if (this.isConsumed(queue))
      throw new Error(
        `Queue ${queue} has a running subscription in this process already: stop that one first.`,
      );
    const deadLetters = new EmbeddedDeadLetters(this.database, {
      queue,
      timeoutMs: this.options.readTimeoutMs,
      onResent: () => this.consumers.get(queue)?.wake(),
    });
    const consumer = new EmbeddedConsumer(this.database, {
      subscription,
      queue,
      deadLetters,
      handle,
      clock: systemClock,
      logger: this.options.logger,
    });
    this.consumers.set(queue, consumer);
    return consumer;
  }

  override get writeTrouble(): AppError | null {
    return this.database.writeTrouble;
  }

  async ping(): Promise<void> {
    const { readTimeoutMs } = this.options;
    const late = () =>
      new AppError(
        'EXCHANGE_UNAVAILABLE',
        `The embedded exchange did not answer within ${readTimeoutMs} ms.`,
      );
    try {
      await withDeadline(this.database.ask('ping', null), readTimeoutMs, late);
    } catch (error) {
      throw error instanceof Trouble ? askErrorOf(error) : error;
    }
  }

  close(deadlineMs: number): Promise<string | null> {
    return (this.closing ??= this.shutDown(deadlineMs));
  }

  private isConsumed(queue: string): boolean {
    const consumer = this.consumers.get(queue);
    return consumer !== undefined && consumer.state !== 'stopped';
  }

  private async shutDown(deadlineMs: number): Promise<string | null> {
    const end = performance.now() + deadlineMs;
    const stops = [...this.consumers.values()].map((consumer) => consumer.stop(deadlineMs));
    const flushed = await isOverBy(this.queue.empty(), end);
    const unknown = flushed ? 0 : this.queue.giveUp();
    const unsettled = (await Promise.all(stops)).reduce((sum, left) => sum + left, 0);
    this.stopListening();
    await this.database.release(Math.max(0, end - performance.now()));
    const left = [
      unsettled > 0 && `${unsettled} deliveries were left unsettled`,
      unknown > 0 && `${unknown} messages had no outcome yet`,
    ].filter((sentence) => sentence !== false);
    return left.length === 0 ? null : left.join(', ');
  }
}
