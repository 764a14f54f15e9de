import { describe, expect, it } from '@jest/globals';
import { plannedTime } from './planned-time.js';

const NOW = Date.parse('2026-03-01T12:00:00.789Z');
const YEAR_IN_MINUTES = 365 * 24 * 60;
const MINUTE = Math.floor(NOW / 60_000);

describe('plannedTime', () => {
  it('is EMIT_PLANNED_AT before all else', () => {
    const planned = plannedTime({ plannedAt: 5, jobName: `a-${MINUTE}` }, NOW);
    expect(planned).toEqual({ atMs: 5, from: 'EMIT_PLANNED_AT', doubt: null });
  });

  it.each([
    ['the minute it runs in', MINUTE],
    ['hours ago', MINUTE - 600],
    ['ahead of a clock that is slow', MINUTE + 3],
    ['almost a year ago', MINUTE - YEAR_IN_MINUTES],
  ])('is the minute that JOB_NAME ends in: %s', (_what, minute) => {
    const planned = plannedTime({ plannedAt: undefined, jobName: `datetime-2-${minute}` }, NOW);
    expect(planned).toEqual({ atMs: minute * 60_000, from: 'JOB_NAME', doubt: null });
  });

  it.each([
    ['nothing', undefined, /neither EMIT_PLANNED_AT nor JOB_NAME/],
    ['no number', 'datetime-manual', /does not end in/],
    ['a number that is not at the end', `datetime-${MINUTE}-x7k2p`, /does not end in/],
    ['a number without its dash', `datetime${MINUTE}`, /does not end in/],
    ['a small number', 'build-17', /no minute within a year/],
    ['seconds instead of minutes', `datetime-${Math.floor(NOW / 1000)}`, /no minute within a year/],
    ['years ago', `datetime-${MINUTE - 2 * YEAR_IN_MINUTES}`, /no minute within a year/],
    ['more digits than a minute has', `datetime-${'9'.repeat(40)}`, /does not end in/],
  ])('is now, to the second, with a reason, when there is %s', (_what, jobName, doubt) => {
    const planned = plannedTime({ plannedAt: undefined, jobName }, NOW);
    expect(planned).toMatchObject({ atMs: Date.parse('2026-03-01T12:00:00Z'), from: 'now' });
    expect(planned.doubt).toMatch(doubt);
  });
});
