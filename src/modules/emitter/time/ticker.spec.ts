import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { every, HOUR, Ticking } from '../../../../test/support/ticking.js';
import type { Due, Ticker } from './ticker.js';
import { systemClock, type Clock } from '../../../core/clock.js';

const START = Date.parse('2026-05-04T10:00:00.123Z');

let t: Ticking;

beforeEach(() => {
  t = new Ticking(START);
});
afterEach(() => t.stop());

describe('a period', () => {
  it('of a second lies at anchor + k * period through a whole day', async () => {
    t.start(every(1000), { firstAtOnce: true });
    await t.clock.advance(24 * HOUR);
    const ticks = t.ticks;
    expect(ticks).toHaveLength(86_401);
    expect(ticks.findIndex((tick, k) => tick.plannedAt !== START + k * 1000 || tick.latenessMs !== 0)).toBe(
      -1,
    );
    expect(t.missed).toBe(0);
  });

  it('begins with its 0th tick only when that is asked for', async () => {
    t.start(every(1000), { firstAtOnce: true });
    expect(t.planned).toEqual([START]);
    t.dues = [];
    t.start(every(1000));
    await t.clock.advance(999);
    expect(t.planned).toEqual([]);
    await t.clock.advance(1);
    expect(t.planned).toEqual([START + 1000, START + 1000]);
  });

  it('gains no lateness from lateness: after each wait that is too long the next tick is on the grid', async () => {
    t.start(every(1000));
    for (let k = 0; k < 50; k += 1) {
      t.clock.stall(1000 + (k % 7) * 40);
      await t.clock.advance(0);
      const passed = (t.clock.now() - START) % 1000;
      await t.clock.advance(1000 - passed);
      expect(t.dues.at(-1)).toEqual({ ticks: [{ plannedAt: t.clock.now(), latenessMs: 0 }], missed: 0 });
    }
    expect(t.planned.every((ms) => (ms - START) % 1000 === 0)).toBe(true);
    expect(new Set(t.planned).size).toBe(t.planned.length);
  });

  it('is not disturbed when the wall clock is set, ahead or back', async () => {
    t.start(every(1000));
    await t.clock.advance(2500);
    t.clock.stepWall(-2 * HOUR);
    await t.clock.advance(2000);
    t.clock.stepWall(5 * HOUR);
    await t.clock.advance(2000);
    expect(t.planned).toEqual([1, 2, 3, 4, 5, 6].map((k) => START + k * 1000));
    expect(t.missed).toBe(0);
  });

  it('may be longer than setTimeout waits', async () => {
    let longest = 0;
    const watched: Clock = {
      now: () => t.clock.now(),
      monotonic: () => t.clock.monotonic(),
      sleep: (ms, signal) => {
        longest = Math.max(longest, ms);
        return t.clock.sleep(ms, signal);
      },
    };
    t.start(every(2 ** 31), { clock: watched });
    await t.clock.advance(2 ** 31 - 1);
    expect(t.planned).toEqual([]);
    await t.clock.advance(1 + 2 ** 31);
    expect(t.planned).toEqual([START + 2 ** 31, START + 2 ** 32]);
    expect(longest).toBe(2 ** 31 - 1);
  });

  it('is neither early nor twice when timers fire a little early', async () => {
    const early: Clock = {
      now: () => Math.floor(t.clock.now()),
      monotonic: () => t.clock.monotonic(),
      sleep: (ms, signal) => t.clock.sleep(ms > 1 ? ms - 0.7 : ms, signal),
    };
    for (const onEpoch of [false, true]) t.start(every(1000, onEpoch), { clock: early });
    await t.clock.advance(10_000);
    const ticks = t.ticks;
    expect(ticks).toHaveLength(20);
    expect(new Set(t.planned).size).toBe(20);
    expect(ticks.every(({ latenessMs }) => latenessMs >= 0 && latenessMs < 1)).toBe(true);
  });

  it('on the epoch is the same for whoever starts when', async () => {
    t.start(every(1000, true));
    await t.clock.advance(400);
    t.start(every(1000, true));
    await t.clock.advance(1000);
    expect(t.planned).toEqual([START + 877, START + 877]);
  });
});

it.each([false, true])('is neither early nor twice on a real machine (on the epoch: %s)', async (onEpoch) => {
  await new Promise<void>((resolve) =>
    t.start(every(7, onEpoch), { clock: systemClock, onDue: () => t.dues.length >= 30 && resolve() }),
  );
  expect(t.ticks.every(({ latenessMs }) => latenessMs >= 0)).toBe(true);
  expect(new Set(t.planned).size).toBe(t.planned.length);
});

describe('stop', () => {
  it('is at once, be the period a month', async () => {
    const ticker = t.start(every(30 * 24 * HOUR));
    ticker.stop();
    expect([ticker.nextAt, ticker.msToNext]).toEqual([null, Infinity]);
    await t.clock.advance(60 * 24 * HOUR);
    expect(t.dues).toEqual([]);
  });

  it('takes no tick that was due, and start begins anew', async () => {
    const ticker = t.start(every(1000));
    t.clock.stall(5000);
    ticker.stop();
    await t.clock.advance(250);
    expect(t.dues).toEqual([]);
    ticker.start();
    ticker.start();
    await t.clock.advance(1000);
    expect(t.planned).toEqual([START + 6250]);
  });

  it('and start may be called by what takes the first tick: there is one grid after it', async () => {
    const again = (_: Due, ticker: Ticker) => {
      if (t.dues.length > 1) return;
      ticker.stop();
      ticker.start();
    };
    t.start(every(10), { firstAtOnce: true, onDue: again });
    await t.clock.advance(30);
    expect(t.planned).toEqual([0, 0, 10, 20, 30].map((ms) => START + ms));
  });

  it('may be called by what takes the first tick', async () => {
    t.start(every(10), { firstAtOnce: true, onDue: (_, ticker) => ticker.stop() });
    await t.clock.advance(100);
    expect(t.planned).toEqual([START]);
  });
});

it('goes on when a tick was not taken, and says so', async () => {
  t.start(every(1000), {
    onDue: () => {
      throw new Error('full');
    },
  });
  await t.clock.advance(2000);
  expect(t.planned).toHaveLength(2);
  expect(t.said).toEqual(['Emitter e: a tick was not taken.', 'Emitter e: a tick was not taken.']);
});

it('has nothing to wait for without a schedule', async () => {
  const ticker = t.start({ kind: 'never' });
  await t.clock.advance(HOUR);
  expect(t.dues).toEqual([]);
  expect(ticker.nextAt).toBeNull();
});
