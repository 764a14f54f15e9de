import { describe, expect, it } from '@jest/globals';
import { monitor } from '../../../../test/support/scheduling.js';
import { everyGrid, type Grid } from '../../../core/grid.js';
import { cronGrid } from '../../../core/cron-grid.js';
import { passOver, takeUp } from './catch-up.js';
import { Entry } from './entry.js';

function entryOf(grid: Grid, at: number): Entry {
  const entry = new Entry('m');
  entry.read(monitor('m'), grid);
  entry.at = at;
  return entry;
}

const seconds = everyGrid({ anchorMs: 7, periodMs: 1000 });

describe('of the due ticks of a monitor', () => {
  it.each([
    // all: only what is older than the window goes.
    ['all', { upTo: 10_007, oldest: 0, all: true }, { window: 0, missed: 0, at: 1007 }],
    ['all, some too old', { upTo: 10_007, oldest: 4007, all: true }, { window: 3, missed: 0, at: 4007 }],
    ['all, one just too old', { upTo: 10_007, oldest: 4008, all: true }, { window: 4, missed: 0, at: 5007 }],
    // latest: the newest stays.
    ['latest', { upTo: 10_007, oldest: 0, all: false }, { window: 0, missed: 9, at: 10_007 }],
    [
      'latest, some too old',
      { upTo: 10_007, oldest: 4007, all: false },
      { window: 3, missed: 6, at: 10_007 },
    ],
    ['latest, one due', { upTo: 1500, oldest: 0, all: false }, { window: 0, missed: 0, at: 1007 }],
    ['latest, none due', { upTo: 1000, oldest: 0, all: false }, { window: 0, missed: 0, at: 1007 }],
    ['all too old', { upTo: 10_007, oldest: 20_000, all: true }, { window: 10, missed: 0, at: 11_007 }],
  ])('%s', (_, reach, expected) => {
    expect(passOver(entryOf(seconds, 1007), reach)).toEqual(expected);
  });

  it('the first may lie off the grid: a creation', () => {
    const entry = entryOf(seconds, 1400);
    expect(entry.dueBy(3007)).toBe(3);
    expect(passOver(entry, { upTo: 3007, oldest: 0, all: false })).toEqual({
      window: 0,
      missed: 2,
      at: 3007,
    });
    expect(passOver(entry, { upTo: 3007, oldest: 1500, all: true })).toEqual({
      window: 1,
      missed: 0,
      at: 2007,
    });
  });

  it('a cron line’s are counted without a step for each', () => {
    const grid = cronGrid('* * * * * *', 'UTC');
    const year = 365 * 86_400_000;
    const entry = entryOf(grid, 1000);
    const passed = passOver(entry, { upTo: year, oldest: year - 300_000, all: false });
    expect(passed).toEqual({ window: year / 1000 - 301, missed: 300, at: year });
  });
});

describe('a new leader takes a monitor up', () => {
  it('after what is enqueued already', () => {
    expect(takeUp(entryOf(seconds, Infinity), 3007, 9500, 'latest', 300_000)).toEqual({
      window: 0,
      missed: 0,
      at: 4007,
    });
  });

  it('after now, with the policy `none`, and counts what that passes over', () => {
    const entry = entryOf(seconds, Infinity);
    expect(takeUp(entry, 3007, 9500, 'none', 300_000)).toEqual({ window: 0, missed: 6, at: 10_007 });
    expect(takeUp(entry, 3007, 9500, 'none', 2500)).toEqual({ window: 3, missed: 3, at: 10_007 });
    expect(takeUp(entry, 3007, 3500, 'none', 300_000)).toEqual({ window: 0, missed: 0, at: 4007 });
  });
});
