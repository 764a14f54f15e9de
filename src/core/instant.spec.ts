import { describe, expect, it } from '@jest/globals';
import { parseInstant } from './instant.js';

describe('parseInstant', () => {
  it.each([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T13:00:00+01:00', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T06:30:00-05:30', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.25Z', '2026-01-31T12:00:00.250Z'],
    ['2028-02-29T23:59:59+14:00', '2028-02-29T09:59:59.000Z'],
  ])('reads %s', (text, utc) => {
    expect(parseInstant(text)).toBe(Date.parse(utc));
  });

  it.each([
    ['no offset', '2026-01-31T12:00:00'],
    ['a date alone', '2026-01-31'],
    ['a blank for the T', '2026-01-31 12:00:00Z'],
    ['a day that does not exist', '2026-02-30T12:00:00Z'],
    ['a leap day of another year', '2026-02-29T12:00:00Z'],
    ['a month that does not exist', '2026-13-01T12:00:00Z'],
    ['24 o’clock', '2026-01-31T24:00:00Z'],
    ['minute 60', '2026-01-31T12:60:00Z'],
    ['an offset of no place', '2026-01-31T12:00:00+15:00'],
    ['an offset without a colon', '2026-01-31T12:00:00+0100'],
    ['seconds since the epoch', '1769860800'],
    ['words', 'tomorrow'],
    ['something behind it', '2026-01-31T12:00:00Z and more'],
    ['nothing', ''],
  ])('refuses %s', (_what, text) => {
    expect(parseInstant(text)).toBeNull();
  });
});
