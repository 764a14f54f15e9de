/** What a heap orders: the earliest first, of equals the first that came. It is in one heap at most. */
export interface Timed {
  at: number;
  /** The heap's own; -1 while it is in none. */
  place: number;
  /** The heap's own. */
  rank: number;
}

/** A binary heap whose items know their place, so that any can be moved or taken out. */
export class Heap<T extends Timed> {
  private readonly items: T[] = [];
  private ranks = 0;

  get size(): number {
    return this.items.length;
  }

  get first(): T | undefined {
    return this.items[0];
  }

  /** Puts it where its `at` belongs; one that is here already is moved there. */
  put(item: T): void {
    const isHere = this.has(item);
    if (!isHere) {
      item.rank = this.ranks++;
      item.place = this.items.length;
      this.items.push(item);
    }
    this.rise(item, item.place);
    if (isHere) this.sink(item, item.place);
  }

  /** Harmless when it is not here. */
  remove(item: T): void {
    if (!this.has(item)) return;
    const { place } = item;
    const last = this.items.pop()!;
    item.place = -1;
    if (last === item) return;
    this.rise(last, place);
    this.sink(last, last.place);
  }

  has(item: T): boolean {
    return this.items[item.place] === item;
  }

  /** Those at or before `ms`, in no order; no others are looked at but their neighbours. */
  upTo(ms: number): T[] {
    const found: T[] = [];
    const places = [0];
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      const item = this.items[place];
      if (!item || item.at > ms) continue;
      found.push(item);
      places.push(2 * place + 1, 2 * place + 2);
    }
    return found;
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
      this.set(this.items[above]!, place);
      place = above;
    }
    this.set(item, place);
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
      this.set(child, place);
      place = below;
    }
    this.set(item, place);
  }

  private set(item: T, place: number): void {
    this.items[place] = item;
    item.place = place;
  }
}

function isBefore(a: Timed, b: Timed): boolean {
  return a.at === b.at ? a.rank < b.rank : a.at < b.at;
}
