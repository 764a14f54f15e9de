import { Heap, type Timed } from './heap.js';

interface Item extends Timed {
  name: number;
}
const item = (at: number, name = 0): Item => ({ at, place: -1, rank: 0, name });

function drain(heap: Heap<Item>): Item[] {
  const all: Item[] = [];
  for (let first = heap.first; first; first = heap.first) {
    all.push(first);
    heap.remove(first);
  }
  return all;
}

describe('a heap', () => {
  it('gives the earliest first, of equals the first that came', () => {
    const heap = new Heap<Item>();
    const items = [5, 3, 5, 1, 3, 9, 1, 5].map((at, name) => item(at, name));
    items.forEach((each) => heap.add(each));
    const expected = [3, 6, 1, 4, 0, 2, 7, 5];
    expect(heap.sorted().map(({ name }) => name)).toEqual(expected);
    expect(drain(heap).map(({ name }) => name)).toEqual(expected);
  });

  it('lets go of any of them, and only of its own', () => {
    // A fixed sequence that looks like chance.
    let seed = 7;
    const chance = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    const heap = new Heap<Item>();
    const there = new Set<Item>();
    for (let step = 0; step < 5_000; step++) {
      if (chance(3) > 0) {
        const one = item(chance(50));
        heap.add(one);
        there.add(one);
      } else {
        const one = [...there][chance(Math.max(1, there.size))];
        if (one) heap.remove(one);
        if (one) there.delete(one);
      }
    }
    heap.remove(item(0));
    expect(heap.size).toBe(there.size);
    const times = drain(heap).map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times).toHaveLength(there.size);
  });
});
