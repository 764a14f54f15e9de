import { Heap, type Timed } from './heap.js';

/** What a calendar orders: the earliest first, of equals the first that came. It is in one calendar at most. */
export interface Dated extends Timed {
  /** The calendar's own; null while it is in none. */
  page: Page | null;
}

/** What lies between two whole multiples of the width. */
export interface Page extends Timed {
  number: number;
  /** `count` items, then nothing. Latest first once it is sorted, so that the earliest is taken off the end. */
  items: (Dated | undefined)[];
  count: number;
  isSorted: boolean;
}

/** Pages are used again, for they live so long that each new one would be work for the great garbage collection. */
const MOST_SPARE = 100;
/** Items that a spare page may have had. */
const MOST_ROOM = 10_000;

/**
 * As a heap (heap.ts), for very many that are taken in order and put again far ahead: each goes on the page of its time,
 * and only the first page is ever sorted. Moving one in a heap of 100,000 looks at some thirty others, none of which is
 * in a cache after a rest; here it looks at none.
 */
export class Calendar<T extends Dated> {
  /** By number, which counts from the first page of all: a small whole number is found sooner than a time. */
  private readonly pages = new Map<number, Page>();
  private readonly order = new Heap<Page>();
  private readonly spare: Page[] = [];
  private base: number | null = null;
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
    return page.items[page.count - 1] as T;
  }

  /** Puts it where its `at`, a finite number, belongs; one that is here already is moved there. */
  put(item: T): void {
    if (this.has(item)) this.takeOut(item);
    else item.rank = this.ranks++;
    const page = this.pageOf(item.at);
    item.page = page;
    item.place = page.count;
    page.items[page.count++] = item;
    page.isSorted = page.count === 1;
    this.count += 1;
  }

  /** Harmless when it is not here. */
  remove(item: T): void {
    if (this.has(item)) this.takeOut(item);
  }

  /** Those at or before `ms`, in no order. */
  upTo(ms: number): T[] {
    const isDue = (item: Dated | undefined) => item !== undefined && item.at <= ms;
    return this.order.upTo(ms).flatMap(({ items }) => items.filter(isDue) as T[]);
  }

  private has({ page }: T): boolean {
    return page !== null && this.order.has(page);
  }

  /** For one more. */
  private pageOf(ms: number): Page {
    const index = Math.floor(ms / this.width);
    const number = index - (this.base ??= index);
    const known = this.pages.get(number);
    if (known) return known;
    const page = this.spare.pop() ?? { ...EMPTY, items: [] };
    page.number = number;
    page.at = index * this.width;
    this.pages.set(number, page);
    this.order.put(page);
    return page;
  }

  private takeOut(item: T): void {
    const page = item.page!;
    const last = page.items[--page.count]!;
    page.items[page.count] = undefined;
    if (last !== item) {
      page.items[item.place] = last;
      last.place = item.place;
      page.isSorted = false;
    }
    item.place = -1;
    item.page = null;
    this.count -= 1;
    if (page.count > 0) return;
    this.pages.delete(page.number);
    this.order.remove(page);
    if (this.spare.length < MOST_SPARE && page.items.length <= MOST_ROOM) this.spare.push(page);
  }
}

const EMPTY = { at: 0, place: -1, rank: 0, number: 0, count: 0, isSorted: true };

/**
 * Shell's sort, in place: to call a comparer, as an array's own sort does, would be the greater part of it. The gaps are
 * Knuth's (1, 4, 13, 40, …): however 100,000 items on one page lie, it takes no more than count to the power of 1.5.
 */
function sort(page: Page): void {
  const { items, count } = page;
  let gap = 1;
  while (gap < count / 3) gap = 3 * gap + 1;
  for (; gap > 0; gap = (gap - 1) / 3)
    for (let from = gap; from < count; from += 1) {
      const item = items[from]!;
      let place = from;
      for (; place >= gap && isLater(item, items[place - gap]!); place -= gap)
        items[place] = items[place - gap];
      items[place] = item;
    }
  for (let place = 0; place < count; place += 1) items[place]!.place = place;
  page.isSorted = true;
}

function isLater(a: Dated, b: Dated): boolean {
  return a.at === b.at ? a.rank > b.rank : a.at > b.at;
}
