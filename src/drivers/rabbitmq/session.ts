import { setMaxListeners } from 'node:events';
import type { Channel, ConsumeMessage, Message } from 'amqplib';
import { Acks } from './acks.js';
import type { Connection } from './connection.js';
import { unavailable } from './rabbitmq-error.js';

export interface SessionPlan {
  queues: readonly string[];
  /** Unsettled deliveries per queue. */
  prefetch: number;
  onDelivery: (session: Session, message: ConsumeMessage) => void;
}

/** One channel that consumes, until it is lost, cancelled by the broker or closed. */
export class Session {
  private readonly ending = new AbortController();
  private tags: string[] = [];
  private reason: unknown;
  private readonly acks = new Acks((tag, multiple) =>
    this.settle(() => this.channel.ack({ fields: { deliveryTag: tag } } as Message, multiple)),
  );

  private constructor(
    private readonly connection: Connection,
    private readonly channel: Channel,
    private readonly plan: SessionPlan,
  ) {
    setMaxListeners(0, this.ending.signal);
    channel.on('error', (error) => this.end(error));
    channel.on('close', () =>
      this.end(connection.ended.aborted ? connection.cause : 'the channel was closed'),
    );
  }

  /** @throws what amqplib throws */
  static async open(connection: Connection, plan: SessionPlan): Promise<Session> {
    const channel = await connection.channel();
    const session = new Session(connection, channel, plan);
    await connection.answered(channel.prefetch(plan.prefetch));
    return session;
  }

  /** Aborts when nothing can be settled any more: what is in hand will be delivered again. */
  get ended(): AbortSignal {
    return this.ending.signal;
  }

  get cause(): unknown {
    return this.reason;
  }

  get isConsuming(): boolean {
    return this.tags.length > 0 && !this.ended.aborted;
  }

  async consume(): Promise<void> {
    for (const queue of this.plan.queues) {
      const { consumerTag } = await this.connection.answered(
        this.channel.consume(queue, (message) => this.onMessage(queue, message)),
      );
      this.tags.push(consumerTag);
    }
  }

  /** No more deliveries; those that came stay unsettled. */
  async cancel(): Promise<void> {
    const tags = this.tags;
    this.tags = [];
    for (const tag of tags) await this.connection.answered(this.channel.cancel(tag));
  }

  ack(message: Message): void {
    this.acks.acknowledge(message.fields.deliveryTag);
  }

  /** To the dead letters, by the broker itself. */
  reject(message: Message): void {
    this.acks.forget(message.fields.deliveryTag);
    this.settle(() => this.channel.nack(message, false, false));
  }

  /** What is acknowledged from now on is sent by `close`, as one frame; so no more deliveries come than are allowed now. */
  holdAcks(): void {
    this.acks.hold();
  }

  /** Resolves when the broker has everything that was settled. */
  async close(): Promise<void> {
    this.acks.flush();
    if (!this.ended.aborted) await this.sayGoodbye().catch(() => undefined);
    this.end('it was closed');
  }

  /**
   * A quorum queue's channel keeps acknowledgements back while more than 32 are on their way, and forgets those when it
   * is closed (`rabbit_fifo_client`, `unsent_commands`). A cancellation goes through the queue's log behind those that
   * are on their way, and the answer about the queue comes behind the news that lets the others go.
   */
  private async sayGoodbye(): Promise<void> {
    await this.cancel();
    for (const queue of this.plan.queues) await this.connection.answered(this.channel.checkQueue(queue));
    await this.connection.answered(this.channel.close());
  }

  /** The broker takes back what is unsettled as soon as the channel is closed. */
  abandon(reason: unknown): void {
    if (this.ended.aborted) return;
    this.end(reason);
    void this.channel.close().catch(() => undefined);
  }

  private onMessage(queue: string, message: ConsumeMessage | null): void {
    if (message === null)
      this.abandon(unavailable(`RabbitMQ cancelled the consumer of ${queue}: the queue is gone or moves`));
    else if (!this.ended.aborted) {
      this.acks.delivered(message.fields.deliveryTag);
      this.plan.onDelivery(this, message);
    }
  }

  private settle(task: () => void): void {
    if (this.ended.aborted) return;
    try {
      task();
    } catch (error) {
      this.end(error); // the channel closes at this moment: the message will be delivered again
    }
  }

  private end(reason: unknown): void {
    this.reason ??= reason;
    this.ending.abort();
  }
}
