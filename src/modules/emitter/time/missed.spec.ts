import { describe, expect, it } from '@jest/globals';
import { cronGrid } from '../../../core/cron-grid.js';
import { everyGrid } from '../../../core/grid.js';
import { chooseDue } from './missed.js';

const HOUR = 3_600_000;
const grid = everyGrid({ anchorMs: 0, periodMs: 1000 });

describe('chooseDue', () => {
  it('has nothing where nothing is due', () => {
    expect(chooseDue(grid, { after: 1000, now: 1999.9 }, { missed: 'all', windowMs: HOUR })).toEqual({
      send: [],
      missed: 0,
    });
  });

  it('sends a single tick that is up to a minute late, by any policy', () => {
    const hourly = everyGrid({ anchorMs: 0, periodMs: HOUR });
    for (const missed of ['skip', 'latest', 'all'] as const) {
      const inTime = chooseDue(hourly, { after: 1, now: HOUR + 60_000 }, { missed, windowMs: 0 });
      expect(inTime).toEqual({ send: [HOUR], missed: 0 });
      const late = chooseDue(hourly, { after: 1, now: HOUR + 60_001 }, { missed, windowMs: 0 });
      expect(late).toEqual({ send: [], missed: 1 });
    }
  });

  it('makes up for a daily line after ten hours of sleep by `latest` and `all`, within the window', () => {
    const daily = cronGrid('0 3 * * *', 'UTC');
    const span = { after: Date.parse('2026-05-04T00:00Z'), now: Date.parse('2026-05-04T13:00Z') };
    const tick = Date.parse('2026-05-04T03:00Z');
    expect(chooseDue(daily, span, { missed: 'skip', windowMs: 24 * HOUR })).toEqual({ send: [], missed: 1 });
    for (const missed of ['latest', 'all'] as const) {
      expect(chooseDue(daily, span, { missed, windowMs: 10 * HOUR })).toEqual({ send: [tick], missed: 0 });
      expect(chooseDue(daily, span, { missed, windowMs: 10 * HOUR - 1 })).toEqual({ send: [], missed: 1 });
    }
  });

  it('sends at most the newest thousand of `all`, the oldest of them first', () => {
    const { send, missed } = chooseDue(
      grid,
      { after: 0, now: 5_000_000 },
      { missed: 'all', windowMs: 24 * HOUR },
    );
    expect(send).toEqual(Array.from({ length: 1000 }, (_, k) => (4001 + k) * 1000));
    expect(missed).toBe(4000);
  });

  it('asks the grid a bounded number of times, be it a thousand million ticks', () => {
    let asked = 0;
    const counting = {
      next: (after: number) => ((asked += 1), grid.next(after)),
      latest: (after: number, upTo: number) => ((asked += 1), grid.latest(after, upTo)),
      count: (after: number, upTo: number) => ((asked += 1), grid.count(after, upTo)),
    };
    const span = { after: 0, now: 1e12 };
    expect(chooseDue(counting, span, { missed: 'skip', windowMs: HOUR })).toEqual({
      send: [1e12],
      missed: 1e9 - 1,
    });
    expect(asked).toBeLessThan(5);
    expect(chooseDue(counting, span, { missed: 'all', windowMs: 1e12 }).missed).toBe(1e9 - 1000);
    expect(asked).toBeLessThan(1020);
  });
});
