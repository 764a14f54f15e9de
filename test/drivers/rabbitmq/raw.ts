import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';

/** A client of its own beside the driver: to arrange what is there, and to look at what is. */
export class Raw {
  private constructor(
    readonly connection: ChannelModel,
    readonly channel: ConfirmChannel,
  ) {}

  static async connect(url: string): Promise<Raw> {
    const connection = await connect(url, { timeout: 10_000 });
    connection.on('error', () => undefined);
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    return new Raw(connection, channel);
  }

  /** Messages that are ready; null when there is no such queue. */
  async ready(queue: string): Promise<number | null> {
    const channel = await this.connection.createChannel();
    channel.on('error', () => undefined);
    const answer = await channel.checkQueue(queue).catch(() => null);
    if (answer) await channel.close();
    return answer && answer.messageCount;
  }

  /** False when what is declared is there with other properties. */
  async agrees(declare: (channel: ConfirmChannel) => Promise<unknown>): Promise<boolean> {
    const channel = await this.connection.createConfirmChannel();
    channel.on('error', () => undefined);
    const agrees = await declare(channel).then(
      () => true,
      () => false,
    );
    if (agrees) await channel.close();
    return agrees;
  }

  async close(): Promise<void> {
    await this.connection.close().catch(() => undefined);
  }
}
