/** What stands in a line; in one at most. */
export interface Linked<T> {
  before: T | null;
  after: T | null;
}

/** A first-in, first-out line that anyone may leave from the middle of, and that lets one in at its head. */
export class Line<T extends Linked<T>> {
  private head: T | null = null;
  private tail: T | null = null;
  private count = 0;

  get size(): number {
    return this.count;
  }

  get first(): T | null {
    return this.head;
  }

  add(item: T): void {
    item.before = this.tail;
    item.after = null;
    if (this.tail) this.tail.after = item;
    else this.head = item;
    this.tail = item;
    this.count += 1;
  }

  addFirst(item: T): void {
    item.before = null;
    item.after = this.head;
    if (this.head) this.head.before = item;
    else this.tail = item;
    this.head = item;
    this.count += 1;
  }

  /** It must stand in this line. */
  remove(item: T): void {
    if (item.before) item.before.after = item.after;
    else this.head = item.after;
    if (item.after) item.after.before = item.before;
    else this.tail = item.before;
    item.before = item.after = null;
    this.count -= 1;
  }

  *[Symbol.iterator](): Generator<T> {
    for (let item = this.head; item; item = item.after) yield item;
  }
}
