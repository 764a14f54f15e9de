import { describe, expect, it } from '@jest/globals';
import { Cron } from 'croner';
// @ts-expect-error JavaScript without types
import * as untyped from '../../bench/support/grids.mjs';

interface Grid {
  phase: number;
  period: number;
}
const { cronLine, lastTick, owed } = untyped as unknown as {
  cronLine: (n: number, wanted: number) => { grid: Grid; line: string };
  lastTick: (grid: Grid, at: number) => number;
  owed: (grid: Grid, window: { from: number; to: number }) => number;
};

describe('what the schedule bench counts against', () => {
  it('counts ticks after the beginning of a window and up to its end', () => {
    const grid = { phase: 500, period: 1000 };
    expect(owed(grid, { from: 500, to: 2500 })).toBe(2);
    expect(owed(grid, { from: 499, to: 2499 })).toBe(2);
    expect(owed(grid, { from: 600, to: 1400 })).toBe(0);
    expect(lastTick(grid, 2499)).toBe(1500);
    expect(lastTick(grid, 2500)).toBe(2500);
  });

  it('knows when its cron lines are due', () => {
    const from = Date.parse('2026-05-04T10:59:07Z');
    for (let n = 0; n < 101 * 130; n += 337) {
      const { grid, line } = cronLine(n, 20 + (n % 101));
      const first = new Cron(line, { timezone: 'UTC' }).nextRun(new Date(from))!.getTime();
      const second = new Cron(line, { timezone: 'UTC' }).nextRun(new Date(first))!.getTime();
      expect({ n, line, first, second }).toEqual({
        ...{ n, line },
        first: lastTick(grid, from) + grid.period,
        second: lastTick(grid, from) + 2 * grid.period,
      });
    }
  });
});
