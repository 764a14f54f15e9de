/** Hands things from one side to the other, one at a time: who puts waits until it is taken. */
export class Handoff<T> {
  private offered: { item: T; taken: () => void } | null = null;
  private asking: ((item: T | null) => void) | null = null;
  private closed = false;

  /** Resolves when the item was taken, or will never be. One at a time. */
  put(item: T): Promise<void> {
    if (this.closed) return Promise.resolve();
    const { asking } = this;
    if (asking) {
      this.asking = null;
      asking(item);
      return Promise.resolve();
    }
    return new Promise((taken) => (this.offered = { item, taken }));
  }

  /** The next item, or null when it is closed. */
  next(): Promise<T | null> {
    const { offered } = this;
    if (this.closed) return Promise.resolve(null);
    if (!offered) return new Promise((resolve) => (this.asking = resolve));
    this.offered = null;
    offered.taken();
    return Promise.resolve(offered.item);
  }

  /** Both sides are let go; what was not taken is dropped. */
  close(): void {
    this.closed = true;
    this.offered?.taken();
    this.asking?.(null);
    this.offered = null;
    this.asking = null;
  }
}
