import { describe, expect, it } from '@jest/globals';
import { Grids } from '../time/grids.js';
import { isSilent } from './is-silent.js';

const quiet = { id: 'm', interval: 60, cron: null as string | null, timezone: null, lastAt: 1_000_000 };
const grids = new Grids('UTC');
const HOUR = 3_600_000;

describe('a monitor is silent', () => {
  it('after three intervals, not before', () => {
    expect(isSilent(quiet, 1_000_000 + 179_999, 0, grids)).toBe(false);
    expect(isSilent(quiet, 1_000_000 + 180_000, 0, grids)).toBe(true);
  });

  it('only when a leader has been there for so long', () => {
    const floor = 1_500_000;
    expect(isSilent(quiet, floor + 179_999, floor, grids)).toBe(false);
    expect(isSilent(quiet, floor + 180_000, floor, grids)).toBe(true);
  });

  it('after three ticks of its cron line, whatever its interval, and a minute to answer', () => {
    const hourly = { ...quiet, cron: '0 * * * *', lastAt: 0 };
    expect(isSilent(hourly, 3 * HOUR + 59_999, 0, grids)).toBe(false);
    expect(isSilent(hourly, 3 * HOUR + 60_000, 0, grids)).toBe(true);
    expect(isSilent({ ...hourly, cron: 'nonsense' }, 9 * HOUR, 0, grids)).toBe(false);
  });
});
