import { describe, expect, it } from '@jest/globals';
import { cronGrid } from './cron-grid.js';
import { AppError } from './errors.js';

const days = (line: string, from: string, count: number) => {
  const grid = cronGrid(line, 'UTC');
  let tick: number | null = Date.parse(from);
  return Array.from({ length: count }, () => {
    tick = grid.next(tick ?? NaN);
    return tick === null ? null : new Date(tick).toISOString().slice(0, 10);
  });
};

function refusal(line: string, zone = 'Europe/Vienna'): AppError {
  try {
    cronGrid(line, zone);
  } catch (error) {
    return error as AppError;
  }
  throw new Error(`taken: ${line} ${zone}`);
}

describe('the days of a cron line', () => {
  it('are those of the calendar: names, the last day, the second Tuesday, the 29th of February', () => {
    expect(days('0 12 * * MON-WED', '2026-01-01', 4)).toEqual([
      '2026-01-05',
      '2026-01-06',
      '2026-01-07',
      '2026-01-12',
    ]);
    expect(days('0 12 L * *', '2026-01-01', 3)).toEqual(['2026-01-31', '2026-02-28', '2026-03-31']);
    expect(days('0 12 * * TUE#2', '2026-01-01', 3)).toEqual(['2026-01-13', '2026-02-10', '2026-03-10']);
    expect(days('0 12 29 2 *', '2026-01-01', 3)).toEqual(['2028-02-29', '2032-02-29', '2036-02-29']);
    expect(days('0 12 31 * *', '2026-02-01', 2)).toEqual(['2026-03-31', '2026-05-31']);
  });

  it('fit the day or the weekday when both are given', () => {
    expect(days('0 12 13 * FRI', '2026-03-01', 4)).toEqual([
      '2026-03-06',
      '2026-03-13',
      '2026-03-20',
      '2026-03-27',
    ]);
  });

  it('are found backward, and counted over years, alike', () => {
    const grid = cronGrid('30 */5 12 29 2 *', 'Europe/Vienna');
    const from = Date.parse('2026-01-01T00:00Z');
    const to = Date.parse('2045-01-01T00:00Z');
    expect(grid.latest(from, to)).toBe(Date.parse('2044-02-29T11:55:30Z'));
    expect(grid.count(from, to)).toBe(5 * 12);
    expect(grid.latest(to, to + 1)).toBeNull();
  });

  it('are counted without a step per tick: every second of thirty years', () => {
    const grid = cronGrid('* * * * * *', 'America/New_York');
    const from = Date.parse('2000-01-01T00:00Z');
    const to = Date.parse('2030-01-01T00:00Z');
    expect(grid.count(from, to)).toBe((to - from) / 1000);
  });
});

describe('a cron line that is refused', () => {
  it.each([
    ['* * * *', 'it has 4 fields. Write five fields'],
    ['* * * * * * *', 'it has 7 fields. Write five fields'],
    ['@daily', 'one word is not enough. Write five fields'],
    ['2026-01-01T00:00:00', 'one word is not enough'],
    ['', 'it has 0 fields'],
    ['61 * * * *', 'Invalid value for minute: 61. Write five fields'],
    ['* 24 * * *', 'Invalid value for hour: 24'],
    ['5/5 * * * *', 'stepping with numeric prefix'],
    ['x * * * *', 'is no cron line'],
    ['0 0 30 2 *', 'The cron line "0 0 30 2 *" names a date that never comes.'],
    ['0 0 0 31 4,6,9,11 *', 'names a date that never comes'],
    ['* '.repeat(500_000), 'is no cron line'],
  ])('%.30s', (line, words) => {
    const error = refusal(line);
    expect(error).toBeInstanceOf(AppError);
    expect(error.code).toBe('VALIDATION_FAILED');
    expect(error.message).toContain(words);
    expect(error.message.length).toBeLessThan(400);
  });

  it.each(['Mars/Olympus', '', '+02:00', 'Vienna'])('the zone "%s"', (zone) => {
    expect(refusal('* * * * *', zone).message).toBe(
      `There is no time zone "${zone}"; write an IANA name such as Europe/Vienna or UTC.`,
    );
  });
});
