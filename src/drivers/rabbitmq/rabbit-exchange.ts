import type { Logger } from 'pino';
import { AppError } from '../../core/errors.js';
import {
  MessageExchange,
  type Consumer,
  type Handler,
  type NewMessage,
  type Subscription,
} from '../../ports/message-exchange.port.js';
import type { Link } from './link.js';
import { unavailable, brokerWords } from './rabbitmq-error.js';
import type { Publisher } from './publisher.js';
import { RabbitConsumer } from './rabbit-consumer.js';
import { RabbitDeadLetters } from './dead-letters.js';
import { blockedBy, type Sender } from './sender.js';

/** So long a broker may take to answer a good-bye, past any deadline. */
const GOOD_BYE_MS = 1000;
/** So long a ping waits for a connection that is being opened for the first time. */
const FIRST_CONNECT_MS = 2000;
/** So long what waited for a process stays after that has died without a word. */
const RETURNS_EXPIRE_MS = 30 * 60_000;

export interface RabbitExchangeParts {
  publishing: Link;
  consuming: Link;
  sender: Sender;
  publisher: Publisher;
  deliveryLimit: number;
  /** How long one publish, or one look at the dead letters, may take, milliseconds. */
  timeoutMs: number;
  logger: Logger;
}

/** The message exchange on RabbitMQ: one connection publishes, another one consumes. */
export class RabbitExchange extends MessageExchange {
  readonly driver = 'rabbitmq';
  private readonly consumers = new Set<RabbitConsumer>();
  private closed: Promise<string | null> | null = null;

  constructor(private readonly parts: RabbitExchangeParts) {
    super();
  }

  async publish(message: NewMessage): Promise<void> {
    if (this.closed) throw shuttingDown();
    return this.parts.publisher.publish(message);
  }

  consume(subscription: Subscription, handle: Handler): Consumer {
    if (this.closed) throw shuttingDown();
    const { consuming: link, sender, timeoutMs, deliveryLimit, logger } = this.parts;
    const consumer = new RabbitConsumer(
      {
        link,
        sender,
        logger,
        limits: { deliveryLimit, expireMs: RETURNS_EXPIRE_MS },
        deadLetters: ({ dead, returns }) =>
          new RabbitDeadLetters({ link, sender, queue: dead.name, home: returns.name, timeoutMs }),
      },
      subscription,
      handle,
    );
    this.consumers.add(consumer);
    return consumer;
  }

  async ping(): Promise<void> {
    for (const link of [this.parts.publishing, this.parts.consuming]) {
      const connection = await link.inUse(FIRST_CONNECT_MS);
      if (connection.blocked) throw blockedBy(connection.blocked.reason);
      await connection.roundTrip().catch((error: unknown) => {
        throw error instanceof AppError
          ? error
          : unavailable(`RabbitMQ does not answer (${brokerWords(error)})`, error);
      });
    }
  }

  close(deadlineMs: number): Promise<string | null> {
    this.closed ??= this.end(performance.now() + deadlineMs);
    return this.closed;
  }

  private async end(deadline: number): Promise<string | null> {
    const left = () => Math.max(0, deadline - performance.now());
    const stopped = await Promise.all([...this.consumers].map((consumer) => consumer.stop(left())));
    const unsettled = stopped.reduce((sum, count) => sum + count, 0);
    const unconfirmed = await this.parts.publisher.drain(deadline);
    const { publishing, consuming } = this.parts;
    await Promise.all([publishing, consuming].map((link) => link.close(Math.max(GOOD_BYE_MS, left()))));
    const sentences = [
      unsettled > 0 ? `${unsettled} deliveries were not settled; they will be delivered again.` : '',
      unconfirmed > 0 ? `${unconfirmed} messages were not confirmed.` : '',
    ].filter((sentence) => sentence !== '');
    return sentences.length > 0 ? sentences.join(' ') : null;
  }
}

function shuttingDown(): AppError {
  return new AppError('SHUTTING_DOWN', 'The service is stopping.');
}
