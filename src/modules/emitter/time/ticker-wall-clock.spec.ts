import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cron, every, HOUR, MINUTE, Ticking } from '../../../../test/support/ticking.js';

const START = Date.parse('2026-05-04T10:00:00.123Z');

let t: Ticking;

beforeEach(() => {
  t = new Ticking(START);
});
afterEach(() => t.stop());

describe('a cron line', () => {
  it('ticks through both changes of daylight saving', async () => {
    t = new Ticking(Date.parse('2026-03-28T12:00Z'));
    t.start(cron('30 2 * * *', 'Europe/Vienna'));
    await t.clock.advance(48 * HOUR);
    expect(t.shown).toEqual(['03-29T01:00:00', '03-30T00:30:00']);
    t.stop();
    t = new Ticking(Date.parse('2026-10-24T12:00Z'));
    t.start(cron('*/30 1-2 * * *', 'Europe/Vienna'));
    await t.clock.advance(15 * HOUR);
    expect(t.shown).toEqual([
      '10-24T23:00:00',
      '10-24T23:30:00',
      '10-25T00:00:00',
      '10-25T00:30:00',
      '10-25T01:00:00',
      '10-25T01:30:00',
    ]);
  });

  it('may be years away', async () => {
    const ticker = t.start(cron('0 0 29 2 *'));
    expect(ticker.nextAt).toBe(Date.parse('2028-02-29T00:00Z'));
    expect(ticker.msToNext).toBe(Date.parse('2028-02-29T00:00Z') - START);
    await t.clock.advance(HOUR);
    t.clock.stepWall(Date.parse('2028-02-28T23:59:00Z') - t.clock.now());
    await t.clock.advance(2 * MINUTE);
    expect(t.shown).toEqual(['02-29T00:00:00']);
  });

  it('with a first one at once has that beside its own', async () => {
    t.start(cron('0 * * * *'), { firstAtOnce: true });
    await t.clock.advance(HOUR);
    expect(t.shown).toEqual(['05-04T10:00:00', '05-04T11:00:00']);
  });
});

describe('the wall clock', () => {
  it('set ahead over a tick: it is there within half a minute, late by what is true', async () => {
    t.start(cron('0 11 * * *'));
    await t.clock.advance(5 * MINUTE);
    t.clock.stepWall(54 * MINUTE + 59_000); // 10:59:59.123
    t.clock.stepWall(30_877); // and over 11:00 by 30 s
    await t.clock.advance(30_000);
    expect(t.shown).toEqual(['05-04T11:00:00']);
    expect(t.dues[0]?.ticks[0]?.latenessMs).toBeLessThanOrEqual(60_000);
  });

  it('set ahead by a day: what it passed over is missed, and counted without being walked', async () => {
    t.start(every(1, true));
    t.clock.stepWall(24 * HOUR);
    await t.clock.advance(1);
    expect(t.planned).toEqual([START + 24 * HOUR + 1]);
    expect(t.missed).toBe(24 * HOUR);
    expect(t.said).toEqual([`Emitter e came too late: ${24 * HOUR} missed ticks are skipped, 1 are sent.`]);
  });

  it('set back by an hour brings no tick again; those after it come', async () => {
    t.start(cron('*/10 * * * *'));
    await t.clock.advance(30 * MINUTE);
    expect(t.shown).toEqual(['05-04T10:10:00', '05-04T10:20:00', '05-04T10:30:00']);
    t.clock.stepWall(-HOUR);
    await t.clock.advance(80 * MINUTE);
    expect(t.shown.slice(3)).toEqual(['05-04T10:40:00', '05-04T10:50:00']);
    expect(t.said).toEqual([
      'Emitter e: the clock was set back by about 3570 s; its next tick comes after 2026-05-04T10:30:00.000Z, so that none comes twice.',
    ]);
  });

  it('set back by more begins anew from there, and says so', async () => {
    const ticker = t.start(cron('*/10 * * * *'));
    await t.clock.advance(30 * MINUTE);
    t.clock.stepWall(-5 * HOUR);
    await t.clock.advance(MINUTE);
    expect(t.said).toEqual([
      'Emitter e: the clock was set back by about 17970 s; its ticks begin anew from there.',
    ]);
    expect(ticker.nextAt).toBe(Date.parse('2026-05-04T05:40:00Z'));
    await t.clock.advance(20 * MINUTE);
    expect(t.shown.slice(3)).toEqual(['05-04T05:40:00', '05-04T05:50:00']);
  });
});
