import { expect } from '@jest/globals';
import type { Timed } from '../../src/core/heap.js';

/** What a heap and a calendar have in common. */
interface Ordered<T> {
  readonly size: number;
  readonly first: T | undefined;
  put(item: T): void;
  remove(item: T): void;
  upTo(ms: number): T[];
}

/** Numbers that look random and are the same in each run. */
function* numbers(seed: number): Generator<number> {
  for (let n = seed; ; yield n) n = (Math.imul(n, 1_103_515_245) + 12_345) & 0x7fffffff;
}

/** Puts, moves and takes out at random; `out` is what is seen of an item that was taken out. */
export function expectEarliestFirst<T extends Timed>(
  ordered: Ordered<T>,
  make: (at: number) => T,
  out: (item: T) => void,
): void {
  const items = new Set<T>();
  const random = numbers(7);
  const draw = (most: number) => (random.next().value as number) % most;
  for (let step = 0; step < 5000; step += 1) {
    const any = [...items][draw(items.size || 1)];
    const what = draw(4);
    if (what < 2 || !any) {
      const item = make(draw(1000) - 200);
      items.add(item);
      ordered.put(item);
    } else if (what === 2) {
      any.at = draw(1000);
      ordered.put(any);
    } else {
      items.delete(any);
      ordered.remove(any);
      out(any);
    }
    expect(ordered.size).toBe(items.size);
    expect(ordered.first?.at ?? Infinity).toBe(Math.min(Infinity, ...[...items].map(({ at }) => at)));
  }
  for (const most of [475, 500]) {
    const due = ordered.upTo(most).map(({ at }) => at);
    const expected = [...items].map(({ at }) => at).filter((at) => at <= most);
    expect(due.sort()).toEqual(expected.sort());
  }
}
