import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../../test/support/manual-clock.js';
import { LeaseTerm } from './lease-term.js';

const FACTS = { number: 7, since: 5, key: 'k', holder: 'h' };

describe('a term', () => {
  it('is over when its time is, before any timer ran', () => {
    const clock = new ManualClock(1000);
    const term = new LeaseTerm(FACTS, 1500, clock);
    clock.stall(499);
    expect([term.isHeld, term.leftMs, term.fence.isHeld]).toEqual([true, 1, true]);
    clock.stall(1);
    expect([term.fence.isHeld, term.isHeld, term.leftMs]).toEqual([false, false, 0]);
    expect(term.lost.aborted).toBe(true);
    expect(term.lost.reason).toMatchObject({ code: 'LEASE_LOST' });
  });

  it('is prolonged by what comes in time, never shortened, and never brought back', () => {
    const clock = new ManualClock(0);
    const term = new LeaseTerm(FACTS, 100, clock);
    clock.stall(50);
    expect(term.prolong(200)).toBe(true);
    expect(term.prolong(120)).toBe(true);
    clock.stall(149);
    expect(term.isHeld).toBe(true);
    clock.stall(1);
    expect(term.prolong(1000)).toBe(false);
    expect(term.isHeld).toBe(false);
  });

  it('does not care that the wall clock is set', () => {
    const clock = new ManualClock(0);
    const term = new LeaseTerm(FACTS, 100, clock);
    clock.stepWall(3_600_000);
    expect(term.isHeld).toBe(true);
    clock.stepWall(-7_200_000);
    clock.stall(100);
    expect(term.isHeld).toBe(false);
  });

  it('keeps the first reason of its end', () => {
    const term = new LeaseTerm(FACTS, 100, new ManualClock(0));
    term.over('first');
    term.over('second');
    expect(term.lost.reason).toMatchObject({ message: 'first' });
  });
});
