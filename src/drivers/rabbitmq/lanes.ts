import { AppError } from '../../core/errors.js';
import type { Connection } from './connection.js';
import { Lane } from './lane.js';
import type { BodyLimit } from './lane-fates.js';
import { declareFailure } from './rabbitmq-error.js';

/** Where messages are published to. */
export interface Target {
  /** Empty: the default exchange, where the routing key is a queue's name. */
  exchange: string;
  /** Whether to declare it, as a durable topic exchange, before its first use. */
  declare: boolean;
}

/** The lanes of one connection: opened at their first use, and anew after an error. */
export class Lanes {
  private readonly byExchange = new Map<string, Promise<Lane>>();
  private limit: BodyLimit | null = null;

  constructor(private readonly connection: Connection) {}

  /** The most bytes of a body that the broker takes, once it has said so. */
  get mostBytes(): number {
    return this.limit?.most ?? Infinity;
  }

  /** @throws AppError TOPOLOGY_MISMATCH, EXCHANGE_UNAVAILABLE */
  lane(target: Target): Promise<Lane> {
    const { exchange } = target;
    const known = this.byExchange.get(exchange);
    if (known) return known;
    const opening = this.open(target, () => this.byExchange.delete(exchange));
    this.byExchange.set(exchange, opening);
    opening.catch(() => this.byExchange.delete(exchange));
    return opening;
  }

  private async open({ exchange, declare }: Target, onClosed: () => void): Promise<Lane> {
    try {
      if (declare) await this.declare(exchange);
      const channel = await this.connection.confirmChannel();
      return new Lane(channel, exchange, (_error, limit) => {
        this.limit ??= limit;
        onClosed();
      });
    } catch (error) {
      throw error instanceof AppError ? error : declareFailure(`The exchange ${exchange}`, error);
    }
  }

  /** On a channel of its own, which a refusal closes. */
  private async declare(exchange: string): Promise<void> {
    const channel = await this.connection.channel();
    await this.connection.answered(channel.assertExchange(exchange, 'topic', { durable: true }));
    await this.connection.answered(channel.close());
  }
}
