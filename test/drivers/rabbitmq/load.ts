import { AppError } from '../../../src/core/errors.js';
import type {
  Consumer,
  Handler,
  MessageExchange,
  Subscription,
} from '../../../src/ports/message-exchange.port.js';
import { DONE, message } from '../../contracts/message-exchange.support.js';
import { eventually } from '../../support/eventually.js';

/** A subscription of these names; the binding takes everything. */
export function subscriptionOf(
  exchange: string,
  queue: string | null,
  fields: Partial<Subscription> = {},
): Subscription {
  return { exchange, queue, bindings: ['#'], prefetch: 50, retryDelaysMs: [100, 1000], ...fields };
}

/** Until it delivers; says why when it does not. */
export async function consuming(consumer: Consumer, ms = 30_000): Promise<Consumer> {
  await eventually(() => {
    if (consumer.state !== 'consuming') throw consumer.trouble ?? new Error(`still ${consumer.state}`);
  }, ms);
  return consumer;
}

/** Publishes without a pause, from several callers at once, and notes what became of each message. */
export class Load {
  readonly confirmed = new Set<string>();
  readonly unknown = new Set<string>();
  readonly refused = new Map<string, number>();
  private isOn = true;
  private count = 0;
  private readonly callers: Promise<void[]>;

  constructor(
    private readonly exchange: MessageExchange,
    private readonly name: string,
    callers = 16,
  ) {
    this.callers = Promise.all(Array.from({ length: callers }, () => this.run()));
  }

  /** Until so many more are confirmed. */
  async confirmsMore(count: number): Promise<void> {
    const target = this.confirmed.size + count;
    await eventually(() => {
      if (this.confirmed.size < target) throw new Error(`${this.confirmed.size} of ${target} are confirmed`);
    }, 60_000);
  }

  async stop(): Promise<void> {
    this.isOn = false;
    await this.callers;
  }

  private async run(): Promise<void> {
    while (this.isOn) {
      const id = `m${(this.count += 1)}`;
      try {
        await this.exchange.publish(message(this.name, { messageId: id }));
        this.confirmed.add(id);
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        if (error.code === 'OUTCOME_UNKNOWN') this.unknown.add(id);
        else this.refused.set(error.code, (this.refused.get(error.code) ?? 0) + 1);
      }
    }
  }
}

/** Counts what is delivered, by message id; each is done after `workMs`. */
export class Tally {
  readonly seen = new Map<string, { times: number; unflagged: number }>();

  constructor(private readonly work: () => Promise<unknown> = () => Promise.resolve()) {}

  readonly handle: Handler = async ({ messageId, redelivered }) => {
    const entry = this.seen.get(messageId!) ?? { times: 0, unflagged: 0 };
    entry.times += 1;
    if (!redelivered) entry.unflagged += 1;
    this.seen.set(messageId!, entry);
    await this.work();
    return DONE;
  };

  /** Until everything that was confirmed has been delivered. */
  async hasAll(ids: Iterable<string>): Promise<void> {
    await eventually(() => {
      const missing = [...ids].filter((id) => !this.seen.has(id));
      if (missing.length > 0) throw new Error(`${missing.length} are missing, such as ${missing[0]}`);
    }, 60_000);
  }

  /** Those that came more than once without saying so. */
  get doubled(): string[] {
    return [...this.seen].filter(([, { unflagged }]) => unflagged > 1).map(([id]) => id);
  }
}
