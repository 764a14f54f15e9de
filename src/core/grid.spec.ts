import { describe, expect, it } from '@jest/globals';
import { everyGrid, neverGrid } from './grid.js';

describe('everyGrid', () => {
  it('has tick k at anchor + k * period, before the anchor too', () => {
    const grid = everyGrid({ anchorMs: 1000, periodMs: 300 });
    expect(grid.next(999)).toBe(1000);
    expect(grid.next(1000)).toBe(1300);
    expect(grid.next(-1)).toBe(100);
    expect(grid.next(-201)).toBe(-200);
    expect(grid.next(-200)).toBe(100);
  });

  it('takes moments with fractions, which a monotonic clock has', () => {
    const grid = everyGrid({ anchorMs: 0, periodMs: 10 });
    expect(grid.next(9.999)).toBe(10);
    expect(grid.next(10.001)).toBe(20);
    expect(grid.latest(0, 9.999)).toBeNull();
    expect(grid.latest(9.5, 10.001)).toBe(10);
    expect(grid.count(9.999, 10.001)).toBe(1);
  });

  it('is exact where floating point is not: far from the anchor, with an odd period', () => {
    const anchorMs = -1_700_000_000_123;
    const periodMs = 7919;
    const grid = everyGrid({ anchorMs, periodMs });
    for (const k of [1n, 12_345_679n, 1_000_000_000n, 900_000_000_001n]) {
      const tick = Number(BigInt(anchorMs) + k * BigInt(periodMs));
      expect(grid.next(tick - 1)).toBe(tick);
      expect(grid.next(tick)).toBe(tick + periodMs);
      expect(grid.latest(tick - 1, tick)).toBe(tick);
      expect(grid.count(anchorMs, tick)).toBe(Number(k));
    }
  });

  it('counts and finds the newest as a walk over the ticks does', () => {
    const grid = everyGrid({ anchorMs: 3, periodMs: 7 });
    for (let from = -40; from < 40; from += 1) {
      for (let to = from; to < from + 30; to += 3) {
        const walked: number[] = [];
        for (let ms = from + 1; ms <= to; ms += 1) if ((((ms - 3) % 7) + 7) % 7 === 0) walked.push(ms);
        expect(grid.count(from, to)).toBe(walked.length);
        expect(grid.latest(from, to)).toBe(walked.at(-1) ?? null);
      }
    }
    expect(grid.count(10, 3)).toBe(0); // nothing lies before its own beginning
  });

  it('answers for a span of a hundred million ticks as for one', () => {
    const grid = everyGrid({ anchorMs: 0, periodMs: 1 });
    expect(grid.count(0, 100_000_000)).toBe(100_000_000);
    expect(grid.latest(0, 100_000_000)).toBe(100_000_000);
  });

  it.each([0, -1, 0.5, NaN, Infinity, 2 ** 53])('refuses a period of %d', (periodMs) => {
    expect(() => everyGrid({ anchorMs: 0, periodMs })).toThrow('A period is a whole number of milliseconds');
  });
});

describe('neverGrid', () => {
  it('has no tick', () => {
    expect([neverGrid.next(0), neverGrid.latest(0, 1e15), neverGrid.count(0, 1e15)]).toEqual([null, null, 0]);
  });
});
