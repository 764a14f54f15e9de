import { describe, expect, it } from '@jest/globals';
import { BoundedQueue } from './bounded-queue.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('BoundedQueue', () => {
  it('hands items over in order and ends after close', async () => {
    const queue = new BoundedQueue<number>(100);
    for (let item = 0; item < 10; item += 1) await queue.push(item, 1);
    queue.close();
    const seen: number[] = [];
    for await (const item of queue) seen.push(item);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('holds the producer up while the weight is out, the item being worked on included', async () => {
    const queue = new BoundedQueue<string>(10);
    await queue.push('a', 6);
    let taken = false;
    const second = queue.push('b', 6).then(() => (taken = true));
    const items = queue[Symbol.asyncIterator]();
    expect((await items.next()).value).toBe('a');
    await turn();
    expect(taken).toBe(false);
    expect((await items.next()).value).toBe('b');
    await second;
    expect(taken).toBe(true);
  });

  it('takes an item heavier than the bound when nothing else waits', async () => {
    const queue = new BoundedQueue<string>(10);
    await expect(queue.push('heavy', 50)).resolves.toBe(true);
  });

  it('tells the producer when the consumer has left', async () => {
    const queue = new BoundedQueue<number>(1);
    await queue.push(1, 1);
    const waiting = queue.push(2, 1);
    for await (const _ of queue) break;
    await expect(waiting).resolves.toBe(false);
    await expect(queue.push(3, 1)).resolves.toBe(false);
  });
});
