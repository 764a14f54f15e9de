import { describe, expect, it } from '@jest/globals';
import { Heap, type Timed } from './heap.js';

const timed = (at: number): Timed => ({ at, place: -1, rank: 0 });

/** Numbers that look random and are the same in each run. */
function* numbers(seed: number): Generator<number> {
  for (let n = seed; ; yield n) n = (Math.imul(n, 1_103_515_245) + 12_345) & 0x7fffffff;
}

describe('a heap', () => {
  it('has the earliest first whatever is put, moved and taken out', () => {
    const heap = new Heap();
    const items = new Set<Timed>();
    const random = numbers(7);
    const draw = (most: number) => (random.next().value as number) % most;
    for (let step = 0; step < 5000; step += 1) {
      const any = [...items][draw(items.size || 1)];
      const what = draw(4);
      if (what < 2 || !any) {
        const item = timed(draw(1000));
        items.add(item);
        heap.put(item);
      } else if (what === 2) {
        any.at = draw(1000);
        heap.put(any);
      } else {
        items.delete(any);
        heap.remove(any);
        expect(any.place).toBe(-1);
      }
      expect(heap.size).toBe(items.size);
      expect(heap.first?.at ?? Infinity).toBe(Math.min(Infinity, ...[...items].map(({ at }) => at)));
    }
    const due = heap.upTo(500).map(({ at }) => at);
    const expected = [...items].map(({ at }) => at).filter((at) => at <= 500);
    expect(due.sort()).toEqual(expected.sort());
  });

  it('keeps the order of those that came for the same moment', () => {
    const heap = new Heap();
    const items = Array.from({ length: 100 }, () => timed(5));
    for (const item of items) heap.put(item);
    heap.put(timed(4));
    expect(heap.sorted().slice(1)).toEqual(items);
    heap.remove(heap.first!);
    for (const item of items) {
      expect(heap.first).toBe(item);
      heap.remove(item);
    }
    expect(heap.first).toBeUndefined();
  });

  it('takes out only what is in it', () => {
    const heap = new Heap();
    const [here, elsewhere] = [timed(1), timed(2)];
    heap.put(here);
    new Heap().put(elsewhere);
    heap.remove(elsewhere);
    heap.remove(timed(1));
    expect([heap.size, heap.first]).toEqual([1, here]);
  });
});
