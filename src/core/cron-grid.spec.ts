import { describe, expect, it, jest } from '@jest/globals';
import { cronGrid } from './cron-grid.js';
import type { Grid } from './grid.js';
import { ZoneOffsets } from './zone-offsets.js';

const MINUTE = 60_000;
const at = (text: string) => Date.parse(text);

function ticks(grid: Grid, from: number, to: number): number[] {
  const found: number[] = [];
  for (let tick = grid.next(from); tick !== null && tick <= to; tick = grid.next(tick)) found.push(tick);
  return found;
}

/** Ticks between two moments as `MM-DD hh:mm` of UTC. */
const utc = (line: string, zone: string, from: string, to: string) =>
  ticks(cronGrid(line, zone), at(from), at(to)).map((tick) =>
    new Date(tick).toISOString().slice(5, 16).replace('T', ' '),
  );

/** Both changes of 2026, [ahead, back], by zone. Lord Howe's is half an hour; Nuuk's gap ends at midnight. */
const CHANGES: Record<string, [string, string]> = {
  'Europe/Vienna': ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
  'America/New_York': ['2026-03-08T07:00Z', '2026-11-01T06:00Z'],
  'Australia/Lord_Howe': ['2026-10-03T15:30Z', '2026-04-04T15:00Z'],
  'Pacific/Auckland': ['2026-09-26T14:00Z', '2026-04-04T14:00Z'],
  'America/Nuuk': ['2026-03-29T01:00Z', '2026-10-25T01:00Z'],
};

describe('a fixed time of day', () => {
  it('that clocks are set ahead over happens once, at the first moment after the gap', () => {
    const vienna = utc('30 2 * * *', 'Europe/Vienna', '2026-03-28T00:00Z', '2026-03-30T12:00Z');
    expect(vienna).toEqual(['03-28 01:30', '03-29 01:00', '03-30 00:30']);
    const newYork = utc('15 2 * * *', 'America/New_York', '2026-03-07T00:00Z', '2026-03-09T12:00Z');
    expect(newYork).toEqual(['03-07 07:15', '03-08 07:00', '03-09 06:15']);
    const lordHowe = utc('15 2 * * *', 'Australia/Lord_Howe', '2026-10-02T00:00Z', '2026-10-05T00:00Z');
    expect(lordHowe).toEqual(['10-02 15:45', '10-03 15:30', '10-04 15:15']);
    const nuuk = utc('30 23 * * *', 'America/Nuuk', '2026-03-28T00:00Z', '2026-03-30T12:00Z');
    expect(nuuk).toEqual(['03-28 01:30', '03-29 01:00', '03-30 00:30']);
  });

  it('is one tick with another that lies at that moment, or in the same gap', () => {
    const both = utc('0,20,40 2,3 * * *', 'Europe/Vienna', '2026-03-29T00:00Z', '2026-03-29T12:00Z');
    expect(both).toEqual(['03-29 01:00', '03-29 01:20', '03-29 01:40']);
  });

  it('that comes twice happens the first time only', () => {
    const vienna = utc('30 2 * * *', 'Europe/Vienna', '2026-10-24T00:00Z', '2026-10-26T12:00Z');
    expect(vienna).toEqual(['10-24 00:30', '10-25 00:30', '10-26 01:30']);
    const newYork = utc('0 30 1 * * *', 'America/New_York', '2026-10-31T00:00Z', '2026-11-02T12:00Z');
    expect(newYork).toEqual(['10-31 05:30', '11-01 05:30', '11-02 06:30']);
    const lordHowe = utc('45 1 * * *', 'Australia/Lord_Howe', '2026-04-03T00:00Z', '2026-04-06T00:00Z');
    expect(lordHowe).toEqual(['04-03 14:45', '04-04 14:45', '04-05 15:15']);
    const list = utc('30 1,2,3 * * *', 'Europe/Vienna', '2026-10-24T22:00Z', '2026-10-25T12:00Z');
    expect(list).toEqual(['10-24 23:30', '10-25 00:30', '10-25 02:30']);
  });
});

describe('a line with steps or stars', () => {
  it.each(Object.entries(CHANGES))(
    'each 15 minutes in %s: 15 real minutes through both changes',
    (zone, changes) => {
      for (const change of changes) {
        const from = at(change) - 180 * MINUTE;
        const expected = Array.from({ length: 24 }, (_, k) => from + (k + 1) * 15 * MINUTE);
        expect(ticks(cronGrid('*/15 * * * *', zone), from, from + 360 * MINUTE)).toEqual(expected);
      }
    },
  );

  it('has no time in a gap, and all of them in both turns of an hour that comes twice', () => {
    const gap = utc('*/30 2 * * *', 'Europe/Vienna', '2026-03-29T00:00Z', '2026-03-30T12:00Z');
    expect(gap).toEqual(['03-30 00:00', '03-30 00:30']);
    const twice = utc('*/30 2 * * *', 'Europe/Vienna', '2026-10-24T12:00Z', '2026-10-25T12:00Z');
    expect(twice).toEqual(['10-25 00:00', '10-25 00:30', '10-25 01:00', '10-25 01:30']);
  });

  it('that is due on one day of the year has that day’s repeated hour twice', () => {
    const found = utc('*/30 2 25 10 *', 'Europe/Vienna', '2026-01-01T00:00Z', '2027-10-25T00:00Z');
    expect(found).toEqual(['10-25 00:00', '10-25 00:30', '10-25 01:00', '10-25 01:30', '10-25 00:00']);
  });

  it('ticks each second through a change', () => {
    const change = at('2026-10-25T01:00Z');
    const found = ticks(cronGrid('* * * * * *', 'Europe/Vienna'), change - 5000, change + 5000);
    expect(found).toEqual(Array.from({ length: 10 }, (_, k) => change - 4000 + k * 1000));
  });
});

describe('a line whose day comes, but never its time', () => {
  it('has no tick: that is searched for within bounds, and once', () => {
    // The only day of the year that it names is the one on which clocks are set ahead over it.
    const grid = cronGrid('*/10 2 * 3 SUN#L', 'Europe/Vienna');
    const looks = jest.spyOn(ZoneOffsets.prototype, 'periodAt');
    const now = at('2026-11-21T12:00Z');
    expect(grid.next(now)).toBeNull();
    const { length } = looks.mock.calls;
    expect(length).toBeLessThanOrEqual(100);
    expect([now, now + 1, at('2066-01-01T00:00Z')].map((ms) => grid.next(ms))).toEqual([null, null, null]);
    expect(looks.mock.calls).toHaveLength(length);
    looks.mockRestore();
  });

  it('is told from one whose day is a rare one', () => {
    const zones = ['UTC', 'Europe/Vienna', 'Africa/Casablanca', 'Pacific/Apia'];
    const found = zones.map((zone) => cronGrid('*/10 12 29 2 +SUN', zone).next(at('2088-03-01T00:00Z')));
    expect(found.map((ms) => new Date(ms ?? 0).toISOString().slice(0, 10))).toEqual([
      '2128-02-29',
      '2128-02-29',
      '2128-02-29',
      '2128-02-28',
    ]);
    const missed = cronGrid('*/10 2 29 3 *', 'Europe/Vienna');
    expect(missed.next(at('2026-03-01T00:00Z'))).toBe(at('2027-03-29T00:00Z'));
  });
});

/** A number from 0 to 1, the same on each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Whether a field of numbers, lists, ranges and steps holds a value. */
const holds = (field: string, value: number) =>
  field.split(',').some((part) => {
    const [range = '', step] = part.split('/');
    const [first, last = first] = range === '*' ? [0, 99] : range.split('-').map(Number);
    return (
      value >= Number(first) && value <= Number(last) && (value - Number(first)) % Number(step ?? 1) === 0
    );
  });

/** Every minute of a span with its local time in minutes, by another of Intl's ways than the code goes. */
function walk(zone: string, from: number, to: number): { ms: number; local: number }[] {
  const options = {
    hourCycle: 'h23',
    day: 'numeric',
    month: 'numeric',
    year: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  } as const;
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, ...options });
  const minutes = [];
  for (let ms = from; ms <= to; ms += MINUTE) {
    const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
    minutes.push({
      ms,
      local: Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute) / MINUTE,
    });
  }
  return minutes;
}

/** The rules of cronGrid's docstring, word by word, for lines that name minute and hour only. */
function naive(line: string, minutes: { ms: number; local: number }[]): number[] {
  const [minute = '', hour = ''] = line.split(' ');
  const fixed = !/[*/]/.test(minute + hour);
  const inHour = Array.from({ length: 60 }, (_, m) => holds(minute, m));
  const inDay = Array.from({ length: 24 }, (_, h) => holds(hour, h));
  const fits = (local: number) => (inHour[local % 60] && inDay[Math.floor(local / 60) % 24]) ?? false;
  let newest = (minutes[0]?.local ?? 0) - 1;
  return minutes.flatMap(({ ms, local }) => {
    let tick = fits(local);
    if (fixed) {
      tick = false;
      for (let passed = newest + 1; passed <= local; passed += 1) tick ||= fits(passed);
    }
    newest = Math.max(newest, local);
    return tick ? [ms] : [];
  });
}

describe('against a walk over every minute', () => {
  const minuteFields = ['0', '30', '15,45', '*/20', '5-10', '*', '59'];
  const hourFields = ['*', '0', '1', '2', '23', '*/2', '1-3', '2,14', '22,23,0', '1-5/2'];
  const lines = minuteFields.flatMap((minute) => hourFields.map((hour) => `${minute} ${hour} * * *`));

  it.each(Object.entries(CHANGES))('%s, both changes, forward, counted and backward', (zone, changes) => {
    const random = seeded(7);
    const spans = changes.map((change) => walk(zone, at(change) - 1600 * MINUTE, at(change) + 1600 * MINUTE));
    for (const line of lines) {
      const grid = cronGrid(line, zone);
      for (const minutes of spans) {
        const [from, to] = [minutes[0]!.ms, minutes.at(-1)!.ms];
        const expected = naive(line, minutes);
        const asked = [`${line}: ${ticks(grid, from - 1, to).join()}`];
        const known = [`${line}: ${expected.join()}`];
        for (let i = 0; i < 10; i += 1) {
          const a = from + Math.floor(random() * 2200) * MINUTE + Math.floor(random() * 3) - 1;
          const b = a + Math.floor(random() * 900) * MINUTE + Math.floor(random() * 3) - 1;
          const within = expected.filter((ms) => ms > a && ms <= b);
          asked.push(`${a}..${b} ${grid.count(a, b)} ${grid.latest(a, b)}`);
          known.push(`${a}..${b} ${within.length} ${within.at(-1) ?? null}`);
        }
        expect(asked).toEqual(known);
      }
    }
  });
});
