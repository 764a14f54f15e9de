import { describe, expect, it } from '@jest/globals';
import { parseHttpDate, parseRetryAfter } from './retry-after.js';

const DAY = 86_400_000;
/** RFC 9110's own example. */
const AT = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('parseHttpDate', () => {
  it.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
    'reads %s',
    (text) => expect(parseHttpDate(text, AT)).toBe(AT),
  );

  it('reads two digits as the year that is at most 50 years ahead', () => {
    const now = Date.UTC(2026, 0, 1);
    const year = (text: string) => new Date(parseHttpDate(text, now) ?? NaN).getUTCFullYear();
    expect(year('Friday, 01-Jan-27 00:00:00 GMT')).toBe(2027);
    expect(year('Friday, 01-Jan-76 00:00:00 GMT')).toBe(2076);
    expect(year('Friday, 01-Jan-77 00:00:00 GMT')).toBe(1977);
  });

  it.each([
    '2026-01-01T00:00:00Z',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 CET',
    'Sun, 31 Apr 1994 08:49:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:00 GMT',
    'Sun, 06 Now 1994 08:49:37 GMT',
    '',
  ])('takes %j for no date', (text) => expect(parseHttpDate(text, AT)).toBeNull());

  it('knows leap seconds and leap days', () => {
    expect(parseHttpDate('Sat, 31 Dec 2016 23:59:60 GMT', AT)).toBe(Date.UTC(2017, 0, 1));
    expect(parseHttpDate('Thu, 29 Feb 2024 00:00:00 GMT', AT)).toBe(Date.UTC(2024, 1, 29));
    expect(parseHttpDate('Sat, 29 Feb 2025 00:00:00 GMT', AT)).toBeNull();
  });
});

describe('parseRetryAfter', () => {
  it('reads seconds, and dates relative to now', () => {
    expect(parseRetryAfter('120', AT, DAY)).toBe(120_000);
    expect(parseRetryAfter(' 0 ', AT, DAY)).toBe(0);
    expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:37 GMT', AT - 2500, DAY)).toBe(2500);
    expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:37 GMT', AT + 1, DAY)).toBe(0);
  });

  it('caps both forms', () => {
    expect(parseRetryAfter('9'.repeat(400), AT, 60_000)).toBe(60_000);
    expect(parseRetryAfter('Sun, 06 Nov 2094 08:49:37 GMT', AT, 60_000)).toBe(60_000);
  });

  it.each([undefined, '', '-1', '1.5', '+3', '0x10', '1e3', 'soon', '10, 20', '10;a=b'])(
    'ignores %j',
    (value) => expect(parseRetryAfter(value, AT, DAY)).toBeNull(),
  );
});
