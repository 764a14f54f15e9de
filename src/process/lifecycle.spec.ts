import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Lifecycle } from './lifecycle.js';

describe('the end of the work', () => {
  it('comes side by side, and before what comes after it, which has the rest of the time', async () => {
    const lifecycle = new Lifecycle();
    const done: string[] = [];
    const given: number[] = [];
    lifecycle.afterWork((deadlineMs) => {
      done.push('after');
      given.push(deadlineMs);
      return Promise.resolve(null);
    });
    for (const [name, ms] of [
      ['slow', 60],
      ['quick', 5],
    ] as const) {
      lifecycle.onStop(async (deadlineMs) => {
        given.push(deadlineMs);
        await delay(ms);
        done.push(name);
        return null;
      });
    }
    expect(await lifecycle.endWork(10_000)).toEqual([]);
    expect(done).toEqual(['quick', 'slow', 'after']);
    expect(given.slice(0, 2)).toEqual([10_000, 10_000]);
    expect(given[2]).toBeGreaterThan(0);
    expect(given[2]).toBeLessThan(10_000 - 50);
  });

  it('is followed by what comes after it also when no time is left, or something could not be ended', async () => {
    const lifecycle = new Lifecycle();
    const given: number[] = [];
    lifecycle.onStop(() => delay(20).then(() => 'one was left'));
    lifecycle.onStop(() => Promise.reject(new Error('one is stuck')));
    lifecycle.afterWork((deadlineMs) => {
      given.push(deadlineMs);
      return Promise.resolve('the lease ends by itself');
    });
    expect(await lifecycle.endWork(1)).toEqual(['one was left', 'one is stuck', 'the lease ends by itself']);
    expect(given).toEqual([0]);
    expect(lifecycle.isStuck).toBe(true);
  });
});
