import { describe, expect, it } from '@jest/globals';
import { expectEarliestFirst } from '../../test/support/earliest-first.js';
import { Heap, type Timed } from './heap.js';

const timed = (at: number): Timed => ({ at, place: -1, rank: 0 });

describe('a heap', () => {
  it('has the earliest first whatever is put, moved and taken out', () => {
    expectEarliestFirst(new Heap(), timed, ({ place }) => expect(place).toBe(-1));
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
