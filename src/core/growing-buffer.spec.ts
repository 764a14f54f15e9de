import { describe, expect, it } from '@jest/globals';
import { ByteBudget } from './byte-budget.js';
import { GrowingBuffer } from './growing-buffer.js';

describe('GrowingBuffer', () => {
  it.each([1, 7, 1000, 100_000])('puts pieces of %i bytes together', (size) => {
    const whole = Buffer.from(Array.from({ length: 100_000 }, (_, n) => n % 251));
    const buffer = new GrowingBuffer(1_000_000, new ByteBudget(1_000_000));
    for (let at = 0; at < whole.length; at += size)
      expect(buffer.add(whole.subarray(at, at + size))).toBe('added');
    expect(buffer.content.equals(whole)).toBe(true);
  });

  it('keeps a small first piece as it is, and never writes into it', () => {
    const buffer = new GrowingBuffer(1_000_000, new ByteBudget(1_000_000));
    const first = Buffer.from('first,');
    buffer.add(first);
    expect(buffer.content.buffer).toBe(first.buffer);
    buffer.add(Buffer.from('second'));
    expect(buffer.content.toString()).toBe('first,second');
    buffer.clear();
    const next = Buffer.from('next');
    buffer.add(next);
    buffer.clear();
    buffer.add(Buffer.from('last'));
    expect([buffer.content, first, next].map(String)).toEqual(['last', 'first,', 'next']);
  });

  it('takes its most, and not a byte more', () => {
    const buffer = new GrowingBuffer(10, new ByteBudget(100));
    expect([buffer.add(Buffer.alloc(10)), buffer.add(Buffer.alloc(1)), buffer.length]).toEqual([
      'added',
      'too-long',
      10,
    ]);
  });

  it('shares a budget with others, and gives back what it took', () => {
    const budget = new ByteBudget(300_000);
    const [one, two] = [new GrowingBuffer(1_000_000, budget), new GrowingBuffer(1_000_000, budget)];
    expect(one.add(Buffer.alloc(200_000))).toBe('added');
    expect(two.add(Buffer.alloc(200_000))).toBe('no-room');
    expect(two.add(Buffer.alloc(10_000))).toBe('added');
    one.clear();
    expect(two.add(Buffer.alloc(200_000))).toBe('added');
    expect(one.add(Buffer.alloc(10))).toBe('added');
  });
});
