import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '../../test/support/manual-clock.js';
import { startLoop } from './loop.js';

describe('startLoop', () => {
  it('runs each interval, goes on after an error, and ends when stopped', async () => {
    const clock = new ManualClock();
    const errors: unknown[] = [];
    let rounds = 0;
    const run = () => {
      rounds += 1;
      if (rounds === 2) throw new Error('once');
    };
    const loop = startLoop({ name: 'test', everyMs: 10, run, onError: (error) => errors.push(error), clock });
    expect(rounds).toBe(0);
    await clock.advance(45);
    expect(rounds).toBe(4);
    expect(errors).toHaveLength(1);
    await loop.stop();
    await clock.advance(100);
    expect(rounds).toBe(4);
  });

  it('waits on stop for the round under way, and tells it', async () => {
    const clock = new ManualClock();
    let finish = () => {};
    let isTold = false;
    const run = (signal: AbortSignal) => {
      signal.addEventListener('abort', () => (isTold = true));
      return new Promise<void>((resolve) => (finish = resolve));
    };
    const loop = startLoop({ name: 'test', everyMs: 10, run, onError: () => {}, clock });
    await clock.advance(10);
    let isOver = false;
    const stopped = loop.stop().then(() => (isOver = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect({ isTold, isOver }).toEqual({ isTold: true, isOver: false });
    finish();
    await stopped;
    expect(isOver).toBe(true);
  });
});
