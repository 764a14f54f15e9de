/** What a heap orders: the earliest first, of equals the first that came. It is in one heap at most. */
export interface Timed {
  at: number;
  /** The heap's own. */
  place: number;
  /** The heap's own. */
  rank: number;
}

/** A binary heap whose items know their place, so that any can be taken out. */
export class Heap<T extends Timed> {
  private readonly items: T[] = [];
  private ranks = 0;

  get size(): number {
    return this.items.length;
  }

  get first(): T | undefined {
    return this.items[0];
  }

  add(item: T): void {
    item.rank = this.ranks++;
    this.items.push(item);
    this.rise(item, this.items.length - 1);
  }

  /** Harmless when it is not here. */
  remove(item: T): void {
    const { place } = item;
    if (this.items[place] !== item) return;
    const last = this.items.pop()!;
    item.place = -1;
    if (last === item) return;
    this.rise(last, place);
    this.sink(last, last.place);
  }

  /** All of them, the earliest first. */
  sorted(): T[] {
    return [...this.items].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  private rise(item: T, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!isBefore(item, this.items[above]!)) break;
      this.put(this.items[above]!, place);
      place = above;
    }
    this.put(item, place);
  }

  private sink(item: T, from: number): void {
    let place = from;
    for (;;) {
      let below = 2 * place + 1;
      const [left, right] = [this.items[below], this.items[below + 1]];
      if (!left) break;
      if (right && isBefore(right, left)) below += 1;
      const child = this.items[below]!;
      if (!isBefore(child, item)) break;
      this.put(child, place);
      place = below;
    }
    this.put(item, place);
  }

  private put(item: T, place: number): void {
    this.items[place] = item;
    item.place = place;
  }
}

function isBefore(a: Timed, b: Timed): boolean {
  return a.at === b.at ? a.rank < b.rank : a.at < b.at;
}
