import { describe, expect, it } from '@jest/globals';
import { phase } from './phase.js';

describe('the phase of a monitor', () => {
  it.each([
    ['00000000-0000-0000-0000-000000000000', 60_000, 9_966],
    ['6f1f2d0e-8f2a-4b7e-9a44-2f4f3a1f0b11', 60_000, 56_324],
    ['6f1f2d0e-8f2a-4b7e-9a44-2f4f3a1f0b11', 1000, 938],
    ['6f1f2d0e-8f2a-4b7e-9a44-2f4f3a1f0b11', 86_400_000, 81_107_151],
    ['65a1b2c3d4e5f60718293a4b', 45_000, 18_990],
  ])('of %s in %i ms is for ever %i', (id, periodMs, expected) => {
    expect(phase(id, periodMs)).toBe(expected);
  });

  it('spreads monitors evenly over the period', () => {
    const slots = new Array<number>(60).fill(0);
    for (let i = 0; i < 60_000; i += 1) slots[Math.floor(phase(`monitor-${i}`, 60_000) / 1000)]! += 1;
    expect(Math.min(...slots)).toBeGreaterThan(850);
    expect(Math.max(...slots)).toBeLessThan(1150);
  });
});
