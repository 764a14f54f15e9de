import { describe, expect, it } from '@jest/globals';
import type { PayloadOrder } from '../../../config/emitter-settings.js';
import { pickerOf } from './payload-order.js';

const LIST = ['a', 'b', 'c', 'd', 'e'];

/** Numbers from 0 to 1 that are the same in each run: a linear congruence (Numerical Recipes). */
function seeded(seed = 1): () => number {
  let state = seed;
  return () => (state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;
}

function take(order: PayloadOrder, count: number, list: readonly string[] = LIST): string[] {
  const pick = pickerOf(order, seeded());
  return Array.from({ length: count }, () => pick(list));
}

describe('random', () => {
  it('takes any of them, each as often, whatever came before', () => {
    const counts = new Map<string, number>();
    const taken = take('random', 50_000);
    for (const payload of taken) counts.set(payload, (counts.get(payload) ?? 0) + 1);
    for (const payload of LIST) expect(Math.abs((counts.get(payload) ?? 0) - 10_000)).toBeLessThan(500);
    const twice = taken.filter((payload, i) => payload === taken[i - 1]).length;
    expect(Math.abs(twice - 10_000)).toBeLessThan(500);
  });

  it('stays in the list at both ends of chance', () => {
    expect(pickerOf('random', () => 0)(LIST)).toBe('a');
    expect(pickerOf('random', () => 1 - 2 ** -53)(LIST)).toBe('e');
    expect(pickerOf('shuffle', () => 1 - 2 ** -53)(LIST)).toBe('e');
  });
});

describe('sequence', () => {
  it('goes from the first to the last and begins again', () => {
    expect(take('sequence', 7).join('')).toBe('abcdeab');
  });

  it('goes on in another list where it was, or from the start where that is no more', () => {
    const pick = pickerOf('sequence');
    expect([pick(LIST), pick(LIST), pick([...LIST, 'f']), pick(['x', 'y']), pick(['x', 'y'])].join('')).toBe(
      'abcxy',
    );
  });
});

describe('shuffle', () => {
  it('takes each once a round, and none twice in a row over the edge', () => {
    const taken = take('shuffle', 5000);
    const orders = new Set<string>();
    for (let round = 0; round < 1000; round += 1) {
      const one = taken.slice(round * 5, round * 5 + 5);
      expect([...one].sort()).toEqual(LIST);
      orders.add(one.join(''));
    }
    expect(taken.filter((payload, i) => payload === taken[i - 1])).toEqual([]);
    expect(orders.size).toBe(120);
  });

  it('ends with one payload, two, and only equal ones', () => {
    expect(take('shuffle', 3, ['a'])).toEqual(['a', 'a', 'a']);
    expect(take('shuffle', 400, ['a', 'b']).join('')).toMatch(/^(ab)+a?$|^(ba)+b?$/);
    expect(take('shuffle', 5, ['a', 'a']).join('')).toBe('aaaaa');
  });

  it('begins a round with another list, not with what came last', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const pick = pickerOf('shuffle', seeded(seed));
      const last = [pick(LIST), pick(LIST)][1];
      const next = LIST.slice().reverse();
      const round = next.map(() => pick(next));
      expect(round[0]).not.toBe(last);
      expect(round.sort()).toEqual(LIST);
    }
  });
});
