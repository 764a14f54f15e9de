import { expect, it } from '@jest/globals';
import { cronMistake } from './cron-mistake.js';

const NOW = Date.parse('2026-11-21T12:00Z');

it('tells a line whose every time the clocks are set ahead over', () => {
  expect(cronMistake('*/10 2 * 3 SUN#L', 'Europe/Vienna', NOW)).toBe(
    'The cron line "*/10 2 * 3 SUN#L" names a date that never comes in Europe/Vienna: clocks are set ahead over it.',
  );
  expect(cronMistake('*/10 2 * 3 SUN#L', 'UTC', NOW)).toBeUndefined();
  expect(cronMistake('10 2 * 3 SUN#L', 'Europe/Vienna', NOW)).toBeUndefined();
});

it('tells what is no line and no zone, and a date that is in no calendar', () => {
  expect(cronMistake('0 0 30 2 *', 'UTC')).toContain('names a date that never comes.');
  expect(cronMistake('61 * * * *', 'UTC')).toContain('is no cron line');
  expect(cronMistake('* * * * *', 'Mars/Phobos')).toContain('There is no time zone');
  expect(cronMistake('* * * * *', 'Europe/Vienna')).toBeUndefined();
});
