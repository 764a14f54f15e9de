import { once } from 'node:events';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';

export interface Published {
  routingKey: string;
  body: string | Buffer;
  messageId?: string;
}

/**
 * A publisher as a back-end would write it: persistent, with confirms; what is not confirmed when the connection breaks
 * is published again. So a message with an id may arrive twice, and none is ever missing.
 */
export class Publisher {
  private connection: ChannelModel | undefined;
  private channel: ConfirmChannel | undefined;

  constructor(
    private readonly url: string,
    readonly exchange: string,
  ) {}

  /** Resolves when the broker has confirmed it, however often it must be sent. */
  async publish({ routingKey, body, messageId }: Published): Promise<void> {
    for (;;) {
      try {
        const channel = await this.open();
        await new Promise<void>((resolve, reject) => {
          channel.once('close', () => reject(new Error('closed')));
          channel.publish(
            this.exchange,
            routingKey,
            Buffer.from(body as string),
            { persistent: true, messageId },
            (error: unknown) => (error ? reject(new Error('nacked')) : resolve()),
          );
        });
        return;
      } catch {
        await this.drop();
        await delay(50);
      }
    }
  }

  /** All of them, `width` at a time. */
  async publishAll(messages: Iterable<Published>, width = 100): Promise<void> {
    const iterator = messages[Symbol.iterator]();
    const run = async () => {
      for (let next = iterator.next(); !next.done; next = iterator.next()) await this.publish(next.value);
    };
    await Promise.all(Array.from({ length: width }, run));
  }

  async close(): Promise<void> {
    await this.drop();
  }

  private opening: Promise<ConfirmChannel> | undefined;

  private open(): Promise<ConfirmChannel> {
    if (this.channel) return Promise.resolve(this.channel);
    this.opening ??= this.connect().finally(() => (this.opening = undefined));
    return this.opening;
  }

  private async connect(): Promise<ConfirmChannel> {
    this.connection = await connect(this.url, { timeout: 5000 });
    this.connection.on('error', () => undefined);
    const channel = await this.connection.createConfirmChannel();
    channel.setMaxListeners(0);
    channel.on('error', () => undefined);
    channel.once('close', () => {
      if (this.channel === channel) this.channel = undefined;
    });
    this.channel = channel;
    return channel;
  }

  private async drop(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    this.channel = undefined;
    await connection?.close().catch(() => undefined);
  }
}

/** Runs `use` on a plain channel of its own: to look at queues, to declare what is wrong. */
export async function withChannel<T>(url: string, use: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await connect(url, { timeout: 10_000 });
  connection.on('error', () => undefined);
  try {
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    return await use(channel);
  } finally {
    const closed = once(connection, 'close');
    await connection.close().then(
      () => closed,
      () => undefined,
    );
  }
}
