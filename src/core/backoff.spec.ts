import { describe, expect, it } from '@jest/globals';
import { backoffMs } from './backoff.js';

describe('backoffMs', () => {
  it('draws from a window that doubles up to the cap', () => {
    const widest = (attempt: number) => backoffMs(attempt, { baseMs: 100, capMs: 1000, random: () => 1 });
    expect([1, 2, 3, 4, 5, 500].map(widest)).toEqual([100, 200, 400, 800, 1000, 1000]);
    expect(backoffMs(3, { baseMs: 100, capMs: 1000, random: () => 0.5 })).toBe(200);
    expect(backoffMs(3, { baseMs: 100, capMs: 1000, random: () => 0 })).toBe(0);
  });
});
