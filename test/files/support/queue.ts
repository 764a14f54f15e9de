import type { FileSettings } from '../../../src/config/processor-settings.js';
import { Writer, type Order, type Said } from './writer.js';

/**
 * A queue as a broker keeps it: hands out what waits, up to a prefetch for each consumer, and hands out again, flagged,
 * what a consumer had in hand when it died.
 */
export class TestQueue {
  /** How often each was acknowledged. */
  readonly acked: string[] = [];
  readonly refused: Said[] = [];
  private readonly waiting: Order[];

  constructor(
    orders: readonly Order[],
    private readonly prefetch = 256,
  ) {
    this.waiting = [...orders];
  }

  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** Consumes with a new process; `die` puts back what it had. */
  async consume(settings: FileSettings) {
    const inHand = new Map<string, Order[]>();
    let count = 0;
    const feed = () => {
      while (count < this.prefetch && this.waiting.length > 0) {
        const order = this.waiting.shift()!;
        inHand.set(order.name, [...(inHand.get(order.name) ?? []), order]);
        count += 1;
        writer.order(order);
      }
    };
    const writer = new Writer(settings, (said) => {
      if (said.name === undefined) return;
      inHand.get(said.name)!.pop();
      count -= 1;
      if (said.outcome === undefined) this.refused.push(said);
      else this.acked.push(said.name);
      feed();
    });
    await writer.ready;
    feed();
    return {
      die: async () => {
        await writer.kill();
        const left = [...inHand.values()].flat();
        this.waiting.unshift(...left.map((order) => ({ ...order, redelivered: true })));
        return left.length;
      },
      isIdle: () => count === 0 && this.waiting.length === 0,
      finish: () => writer.finish(),
    };
  }
}

export function orders(prefix: string, count: number, hasIds: boolean): Order[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `${prefix}${i}`;
    return { name, identity: hasIds ? name : null, redelivered: false };
  });
}
