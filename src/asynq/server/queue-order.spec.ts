import { queueKeys } from '../keys.js';
import type { Queue } from './options.js';
import { queueOrder } from './queue-order.js';

function queues(weights: Record<string, number>): Queue[] {
  return Object.entries(weights).map(([name, weight]) => ({ name, weight, keys: queueKeys(name) }));
}

/** Park and Miller's generator: the same draws in every run. */
function draws(): () => number {
  let state = 42;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('the order of the queues', () => {
  it('is by weight, then by name, when it is strict', () => {
    const order = queueOrder(queues({ b: 1, low: 1, high: 9, a: 1 }), true);
    expect(order.map(({ name }) => name)).toEqual(['high', 'a', 'b', 'low']);
  });

  it('begins with each queue as often as its weight says', () => {
    const random = draws();
    const firsts: Record<string, number> = { critical: 0, default: 0, low: 0 };
    for (let i = 0; i < 20_000; i += 1) {
      const order = queueOrder(queues({ critical: 6, default: 3, low: 1 }), false, random);
      expect(order).toHaveLength(3);
      firsts[order[0]!.name]! += 1;
    }
    expect(firsts.critical! / 20_000).toBeCloseTo(0.6, 1);
    expect(firsts.default! / 20_000).toBeCloseTo(0.3, 1);
    expect(firsts.low! / 20_000).toBeCloseTo(0.1, 1);
  });
});
