import type { Entry } from './entry.js';

/** What one request may hold. */
export interface RequestLimits {
  bytes: number;
  records: number;
}

/**
 * Records that wait, in order. Those that got their outcome meanwhile (at their deadline) are let go of: they are the
 * oldest, so they are at the front.
 */
export class EntryQueue {
  /** Groups that were taken and came back: each is sent alone, before the others. */
  private returned: Entry[][] = [];
  private waiting: Entry[] = [];
  private head = 0;
  private waitingBytes = 0;

  /** Bytes of the records that wait, about. */
  get bytes(): number {
    return this.waitingBytes;
  }

  get isEmpty(): boolean {
    this.dropDone();
    return this.returned.length === 0 && this.head === this.waiting.length;
  }

  add(entry: Entry): void {
    this.waiting.push(entry);
    this.waitingBytes += entry.bytes;
  }

  /** Puts a group back in front. */
  giveBack(...groups: Entry[][]): void {
    this.returned.unshift(...groups.filter((group) => group.length > 0));
  }

  /** The next records that fit into one request: at least one, unless none waits. */
  take(limits: RequestLimits): Entry[] {
    this.dropDone();
    const back = this.returned.shift();
    if (back) return back;
    const taken: Entry[] = [];
    let bytes = 0;
    while (this.head < this.waiting.length && taken.length < limits.records) {
      const next = this.waiting[this.head] as Entry;
      if (!next.done && taken.length > 0 && bytes + next.bytes > limits.bytes) break;
      this.advance(next);
      if (next.done) continue;
      bytes += next.bytes;
      taken.push(next);
    }
    this.compact();
    return taken;
  }

  /** All, in order. */
  takeAll(): Entry[] {
    const all = [...this.returned.flat(), ...this.waiting.slice(this.head)].filter(({ done }) => !done);
    this.returned = [];
    this.waiting = [];
    this.head = 0;
    this.waitingBytes = 0;
    return all;
  }

  dropDone(): void {
    while (this.returned.length > 0) {
      const live = (this.returned[0] as Entry[]).filter(({ done }) => !done);
      this.returned[0] = live;
      if (live.length > 0) break;
      this.returned.shift();
    }
    for (;;) {
      const next = this.waiting[this.head];
      if (!next?.done) break;
      this.advance(next);
    }
    this.compact();
  }

  private advance(entry: Entry): void {
    this.head += 1;
    this.waitingBytes -= entry.bytes;
  }

  private compact(): void {
    if (this.head === this.waiting.length) {
      this.waiting = [];
      this.head = 0;
    } else if (this.head > 1024 && this.head * 2 > this.waiting.length) {
      this.waiting = this.waiting.slice(this.head);
      this.head = 0;
    }
  }
}
