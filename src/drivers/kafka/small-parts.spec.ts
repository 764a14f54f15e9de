import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../core/errors.js';
import { ByteBudget } from '../../core/byte-budget.js';
import { Handoff } from './handoff.js';
import { RecentRefusals } from './recent-refusals.js';
import { Turnstile } from './turnstile.js';

describe('ByteBudget', () => {
  it('is full at its limit, and takes what is larger than all of it alone', () => {
    const budget = new ByteBudget(100);
    expect([budget.take(60), budget.take(41), budget.take(40), budget.take(1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    budget.give(100);
    expect([budget.take(500), budget.take(1)]).toEqual([true, false]);
    budget.give(500);
    expect(budget.used).toBe(0);
  });
});

describe('RecentRefusals', () => {
  const refusal = new AppError('TOPIC_UNKNOWN', 'no');

  it('remembers for a second', () => {
    let now = 0;
    const refusals = new RecentRefusals({ monotonic: () => now } as never);
    refusals.add('a', refusal);
    expect(() => refusals.throwIfRecent('a')).toThrow(refusal);
    expect(() => refusals.throwIfRecent('b')).not.toThrow();
    now = 1001;
    expect(() => refusals.throwIfRecent('a')).not.toThrow();
  });

  it('remembers a thousand names and no more', () => {
    const refusals = new RecentRefusals({ monotonic: () => 0 } as never);
    for (let i = 0; i < 1500; i += 1) refusals.add(`name-${i}`, refusal);
    expect(() => refusals.throwIfRecent('name-499')).not.toThrow();
    expect(() => refusals.throwIfRecent('name-500')).toThrow(refusal);
  });
});

describe('Turnstile', () => {
  it('lets so many in at once, and goes on after a failure', async () => {
    const turnstile = new Turnstile(2);
    let inside = 0;
    let most = 0;
    const task = (fails: boolean) =>
      turnstile.run(async () => {
        inside += 1;
        most = Math.max(most, inside);
        await Promise.resolve();
        inside -= 1;
        if (fails) throw new Error('no');
      });
    const results = await Promise.allSettled([true, false, true, false, false].map(task));
    expect(results.map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(most).toBe(2);
  });
});

describe('Handoff', () => {
  it('has who puts wait until it is taken', async () => {
    const handoff = new Handoff<number>();
    let taken = false;
    const put = handoff.put(1).then(() => (taken = true));
    await Promise.resolve();
    expect(taken).toBe(false);
    expect(await handoff.next()).toBe(1);
    await put;
    const asked = handoff.next();
    await handoff.put(2);
    expect(await asked).toBe(2);
  });

  it('lets both sides go when it is closed', async () => {
    const [offering, asking] = [new Handoff<number>(), new Handoff<number>()];
    const put = offering.put(1);
    const next = asking.next();
    offering.close();
    asking.close();
    await put;
    expect(await next).toBeNull();
    expect(await offering.next()).toBeNull();
    await offering.put(2);
  });
});
