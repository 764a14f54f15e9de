import { afterEach, describe, expect, it } from '@jest/globals';
import { monitor, Scheduling } from '../../../../test/support/scheduling.js';
import { balance } from './books.js';

const START = Date.parse('2026-05-04T10:00:00Z');

let s: Scheduling;
const open = (...args: ConstructorParameters<typeof Scheduling>) => (s = new Scheduling(...args));
afterEach(async () => {
  await s.stop();
  expect(balance(s.books.snapshot())).toBe(0);
});

describe('the clock', () => {
  it('that is set back by more than a minute does not silence anybody', async () => {
    open(START);
    s.start(monitor('a', { interval: 10 }));
    await s.advance(3_600_000);
    s.clock.stepWall(-1_800_000);
    await s.advance(60_000);
    // Ids that lie there already are duplicates.
    expect(s.books.snapshot().duplicate).toBeGreaterThanOrEqual(5);
  });

  it('that stalls leaves the newest tick of each monitor', async () => {
    open(START);
    s.start(monitor('a', { interval: 1 }));
    await s.advance(2050);
    s.clock.stall(10_000);
    await s.advance(0);
    expect(s.plannedOf('a')).toHaveLength(3);
    expect(s.books.snapshot().skipped).toMatchObject({ missed: 9, window: 0 });
  });
});
