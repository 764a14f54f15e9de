import { Heap, type Timed } from './heap.js';

/** What a calendar orders: the earliest first, of equals the first that came. It is in one calendar at most. */
export interface Dated extends Timed {
  /** The calendar's own; null while it is in none. */
  page: Page | null;
}

/** What lies between two whole multiples of the width. */
export interface Page extends Timed {
  /** Latest first once it is sorted, so that the earliest is taken off the end. */
  readonly items: Dated[];
  isSorted: boolean;
}

/**
 * As a heap (heap.ts), for very many that are taken in order and put again far ahead: each goes on the page of its time,
 * and only the first page is ever sorted. Moving one in a heap of 100,000 looks at some thirty others, none of which is
 * in a cache after a rest; here it looks at none.
 */
export class Calendar<T extends Dated> {
  private readonly pages = new Map<number, Page>();
  private readonly order = new Heap<Page>();
  private count = 0;
  private ranks = 0;

  /** @param width of a page, in the unit of `at` */
  constructor(private readonly width: number) {}

  get size(): number {
    return this.count;
  }

  get first(): T | undefined {
    const page = this.order.first;
    if (!page) return undefined;
    if (!page.isSorted) sort(page);
    return page.items[page.items.length - 1] as T;
  }

  /** Puts it where its `at`, a finite number, belongs; one that is here already is moved there. */
  put(item: T): void {
    if (this.has(item)) this.takeOut(item);
    else item.rank = this.ranks++;
    const page = this.pageOf(item.at);
    item.page = page;
    item.place = page.items.length;
    page.items.push(item);
    this.count += 1;
  }

  /** Harmless when it is not here. */
  remove(item: T): void {
    if (this.has(item)) this.takeOut(item);
  }

  /** Those at or before `ms`, in no order. */
  upTo(ms: number): T[] {
    return this.order.upTo(ms).flatMap(({ items }) => items.filter(({ at }) => at <= ms) as T[]);
  }

  private has({ page }: T): boolean {
    return page !== null && this.order.has(page);
  }

  /** For one more. */
  private pageOf(ms: number): Page {
    const at = Math.floor(ms / this.width) * this.width;
    let page = this.pages.get(at);
    if (page) page.isSorted = false;
    else {
      page = { at, place: -1, rank: 0, items: [], isSorted: true };
      this.pages.set(at, page);
      this.order.put(page);
    }
    return page;
  }

  private takeOut(item: T): void {
    const page = item.page!;
    const last = page.items.pop()!;
    if (last !== item) {
      page.items[item.place] = last;
      last.place = item.place;
      page.isSorted = false;
    }
    item.place = -1;
    item.page = null;
    this.count -= 1;
    if (page.items.length > 0) return;
    this.pages.delete(page.at);
    this.order.remove(page);
  }
}

function sort(page: Page): void {
  page.items.sort((a, b) => b.at - a.at || b.rank - a.rank);
  page.items.forEach((item, place) => (item.place = place));
  page.isSorted = true;
}
