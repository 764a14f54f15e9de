import { queueOrder } from './queue-order.js';

describe('the order of queues', () => {
  it('is that of their weights where it is strict; of equals the first named', () => {
    expect(queueOrder({ low: 1, high: 6, other: 6, middle: 3 }, true)()).toEqual([
      'high',
      'other',
      'middle',
      'low',
    ]);
  });

  it('has each queue once, and first as often as its weight says', () => {
    // A fixed sequence that looks like chance.
    let seed = 11;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const order = queueOrder({ a: 6, b: 3, c: 1 }, false, random);
    const first: Record<string, number> = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 10_000; i++) {
      const names = order();
      expect([...names].sort()).toEqual(['a', 'b', 'c']);
      first[names[0]!]! += 1;
    }
    expect(Math.round(first.a! / 1_000)).toBe(6);
    expect(Math.round(first.b! / 1_000)).toBe(3);
    expect(Math.round(first.c! / 1_000)).toBe(1);
  });

  it('may name queues like methods of objects', () => {
    expect(queueOrder({ constructor: 1 }, false)()).toEqual(['constructor']);
    expect(queueOrder({}, false)()).toEqual([]);
  });
});
