interface Entry<T> {
  item: T;
  weight: number;
}

/**
 * Hands items from one loop to another, in order, and holds the first one up when the second lags: the weight of what
 * waits or is being worked on never exceeds `most`, save for a single item heavier than that, which goes alone.
 */
export class BoundedQueue<T> {
  private readonly entries: Entry<T>[] = [];
  private weight = 0;
  private closed = false;
  private wakeProducer: (() => void) | undefined;
  private wakeConsumer: (() => void) | undefined;

  constructor(private readonly most: number) {}

  /** Resolves when the item was taken; false when the consumer is gone and nothing is taken any more. */
  async push(item: T, weight: number): Promise<boolean> {
    while (!this.closed && this.weight > 0 && this.weight + weight > this.most) {
      await new Promise<void>((resolve) => (this.wakeProducer = resolve));
    }
    if (this.closed) return false;
    this.weight += weight;
    this.entries.push({ item, weight });
    this.wakeConsumer?.();
    return true;
  }

  /** What was taken is still handed over; then the iteration ends. */
  close(): void {
    this.closed = true;
    this.wakeConsumer?.();
    this.wakeProducer?.();
  }

  /** For one consumer. Leaving the loop closes the queue. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        const entry = this.entries.shift();
        if (entry) {
          yield entry.item;
          this.weight -= entry.weight;
          this.wakeProducer?.();
        } else if (this.closed) return;
        else await new Promise<void>((resolve) => (this.wakeConsumer = resolve));
      }
    } finally {
      this.close();
    }
  }
}
