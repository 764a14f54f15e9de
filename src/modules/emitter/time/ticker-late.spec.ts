import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TickPolicies } from '../../../config/emitter-settings.js';
import { every, HOUR, MINUTE, Ticking } from '../../../../test/support/ticking.js';

const START = Date.parse('2026-05-04T10:00:00.123Z');

let t: Ticking;

beforeEach(() => {
  t = new Ticking(START);
});
afterEach(() => t.stop());

describe('a stalled loop', () => {
  const stalled = async (missed: TickPolicies['missed'], windowMs: number) => {
    t.start(every(1000), { missed, windowMs });
    await t.clock.advance(2000);
    t.clock.stall(10_500); // 12.5 s after the start; ticks 3 to 12 are due
    await t.clock.advance(0);
    await t.clock.advance(500);
    return t.planned.map((ms) => (ms - START) / 1000);
  };

  it('with `skip` sends the one that is on time', async () => {
    expect(await stalled('skip', HOUR)).toEqual([1, 2, 12, 13]);
    expect(t.missed).toBe(9);
    expect(t.dues[2]?.ticks).toEqual([{ plannedAt: START + 12_000, latenessMs: 500 }]);
  });

  it('with `latest` sends the same: a newer one makes up for all before it', async () => {
    expect(await stalled('latest', HOUR)).toEqual([1, 2, 12, 13]);
    expect(t.missed).toBe(9);
  });

  it('with `all` sends those within the window, the oldest first', async () => {
    expect(await stalled('all', 4000)).toEqual([1, 2, 9, 10, 11, 12, 13]);
    expect(t.missed).toBe(6);
  });

  it('says it once and when it was over, not each time', async () => {
    t.start(every(1000));
    for (let k = 0; k < 20; k += 1) {
      t.clock.stall(2000);
      await t.clock.advance(0);
    }
    expect(t.said).toHaveLength(1);
    await t.clock.advance(2 * MINUTE);
    expect(t.said).toHaveLength(2);
    expect(t.said[1]).toContain('Emitter e came too late: over after');
  });

  it('lets others have their turn although it is always behind', async () => {
    t.start(every(1), { onDue: () => t.clock.stall(5) });
    let turns = 0;
    for (let k = 0; k < 20; k += 1) {
      await t.clock.advance(1);
      turns += 1;
    }
    expect(turns).toBe(20);
    expect(t.planned.length).toBeGreaterThan(10);
  });
});
