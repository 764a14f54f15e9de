import { describe, expect, it } from '@jest/globals';
import { Rhythms } from './rhythm.js';
import type { KnownTask, TaskKind } from './task-kind.js';

const NOON = Date.parse('2026-03-02T12:00:00Z');
const MINUTE = 60_000;
const rhythms = new Rhythms('UTC');
const each = (interval: number) => ({ interval, cron: null, timezone: null });
const cron = (line: string, timezone: string | null = null) => ({ interval: 60, cron: line, timezone });

function task(scheduledAt: number, kind: TaskKind = 'tick'): KnownTask {
  return { id: 'x', monitorId: 'm', scheduledAt, kind, tickAt: scheduledAt };
}

describe('stale', () => {
  it('from when a tick is so many intervals late', () => {
    const isStale = (lateMs: number, intervals: number) =>
      rhythms.isStale(task(NOON), each(60), intervals, NOON + lateMs);
    expect([isStale(MINUTE, 1), isStale(MINUTE + 1, 1)]).toEqual([false, true]);
    expect([isStale(3 * MINUTE, 3), isStale(3 * MINUTE + 1, 3)]).toEqual([false, true]);
  });

  it('by cron: when so many newer ticks are due', () => {
    const hourly = cron('0 * * * *');
    const isStale = (at: number, intervals: number) => rhythms.isStale(task(NOON), hourly, intervals, at);
    expect([isStale(NOON + 60 * MINUTE, 1), isStale(NOON + 60 * MINUTE + 1, 1)]).toEqual([false, true]);
    expect([isStale(NOON + 120 * MINUTE, 2), isStale(NOON + 120 * MINUTE + 1, 2)]).toEqual([false, true]);
  });

  it('by cron in the zone of the monitor, else in the default one', () => {
    const noon = '0 12 * * *';
    expect(rhythms.tickAfter(NOON - 1, cron(noon))).toBe(NOON);
    expect(rhythms.tickAfter(NOON - 1, cron(noon, 'Europe/Berlin'))).toBe(NOON + 23 * 60 * MINUTE);
  });

  it('what somebody asked for is given a minute at least', () => {
    expect(rhythms.isStale(task(NOON, 'now'), each(5), 1, NOON + MINUTE - 1)).toBe(false);
    expect(rhythms.isStale(task(NOON, 'now'), each(5), 1, NOON + MINUTE)).toBe(true);
    expect(rhythms.isStale(task(NOON, 'now'), each(300), 1, NOON + 2 * MINUTE)).toBe(false);
  });

  it.each([each(0), each(-5), cron('nonsense'), cron('0 12 * * *', 'Nowhere/City')])(
    'never where no rhythm can be read: %o',
    (rhythm) => {
      expect(rhythms.isStale(task(NOON), rhythm, 1, NOON + 1000 * MINUTE)).toBe(false);
      expect(rhythms.tickAfter(NOON, rhythm)).toBe(Infinity);
    },
  );
});
