import { ByteBudget } from '../../core/byte-budget.js';
import { AppError, asAppError } from '../../core/errors.js';
import type { NewMessage } from '../../ports/message-exchange.port.js';
import { Changes } from './changes.js';
import type { Sender } from './sender.js';

/** What a message takes besides its body, roughly. */
const OVERHEAD_BYTES = 512;

export interface PublisherParts {
  sender: Sender;
  budget: ByteBudget;
  /** `code` is `ok`, or the error's. */
  onPublished: (code: string) => void;
}

/** Publishes to topic exchanges, within a bound of bytes. */
export class Publisher {
  private readonly freed = new Changes();
  private waiting = 0;

  constructor(private readonly parts: PublisherParts) {}

  async publish(message: NewMessage): Promise<void> {
    const { onPublished } = this.parts;
    try {
      await this.send(message);
      onPublished('ok');
    } catch (error) {
      onPublished(asAppError(error).code);
      throw error;
    }
  }

  /** Waits for what was taken; answers how many had no answer by `deadline` (monotonic, milliseconds). */
  async drain(deadline: number): Promise<number> {
    while (this.waiting > 0 && performance.now() < deadline)
      await this.freed.next(deadline - performance.now());
    return this.waiting;
  }

  private async send(message: NewMessage): Promise<void> {
    const { sender, budget } = this.parts;
    const bytes = message.body.length + OVERHEAD_BYTES;
    if (!budget.take(bytes)) {
      throw new AppError('BUFFER_FULL', 'Too many messages wait for RabbitMQ (RABBITMQ_BUFFER_BYTES).', {
        retryAfterS: 1,
      });
    }
    this.waiting += 1;
    try {
      await sender.send(
        { exchange: message.exchange, declare: true },
        {
          routingKey: message.routingKey,
          body: message.body,
          properties: (mark) => propertiesOf(message, mark),
        },
        () => budget.give(bytes),
      );
    } finally {
      this.waiting -= 1;
      this.freed.tell();
    }
  }
}

function propertiesOf(message: NewMessage, mark: string) {
  return {
    messageId: message.messageId ?? undefined,
    contentType: message.contentType ?? undefined,
    headers: message.headers ?? undefined,
    timestamp: Math.floor(message.timestamp / 1000), // AMQP counts seconds
    correlationId: mark,
  };
}
