import { beforeEach, describe, expect, it } from '@jest/globals';
import type { TickPolicies } from '../../../config/emitter-settings.js';
import { Flights } from './flights.js';

let landing: Map<number, (error?: Error) => void>;
let begun: number[];
let broken: string[];

beforeEach(() => {
  landing = new Map();
  begun = [];
  broken = [];
});

function flights(overlap: TickPolicies['overlap'], maxInFlight = 1): Flights<number> {
  return new Flights<number>({
    policies: { overlap, maxInFlight },
    run: (item) => {
      begun.push(item);
      return new Promise((resolve, reject) =>
        landing.set(item, (error) => (error ? reject(error) : resolve())),
      );
    },
    onError: (error, item) => broken.push(`${item}: ${(error as Error).message}`),
  });
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const land = async (item: number, error?: Error) => {
  landing.get(item)?.(error);
  await settle();
};
const offer = (to: Flights<number>, count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => to.offer(first + i)).filter(Boolean).length;

describe('Flights', () => {
  it('skip: one at a time, the others are refused', async () => {
    const one = flights('skip', 9);
    expect(offer(one, 3)).toBe(1);
    expect([one.inFlight, one.waiting, one.hasRoom]).toEqual([1, 0, false]);
    await land(0);
    expect(one.offer(7)).toBe(true);
    expect(begun).toEqual([0, 7]);
  });

  it('queue: one at a time, a hundred wait in order, the next is refused', async () => {
    const queue = flights('queue', 9);
    expect(offer(queue, 105)).toBe(101);
    expect([queue.inFlight, queue.waiting]).toEqual([1, 100]);
    for (let item = 0; item < 101; item += 1) await land(item);
    expect(begun).toEqual(Array.from({ length: 101 }, (_, i) => i));
    expect([queue.inFlight, queue.waiting, queue.hasRoom]).toEqual([0, 0, true]);
  });

  it('allow: so many side by side, the next is refused', async () => {
    const allow = flights('allow', 4);
    expect(offer(allow, 6)).toBe(4);
    await land(2);
    expect(offer(allow, 2, 10)).toBe(1);
    expect(begun).toEqual([0, 1, 2, 3, 10]);
  });

  it('goes on after one that broke, and tells of it', async () => {
    const queue = flights('queue');
    offer(queue, 2);
    await land(0, new Error('bug'));
    expect(broken).toEqual(['0: bug']);
    expect(begun).toEqual([0, 1]);
  });

  it('closed: takes nothing, lets what waits have its turn, and is idle then', async () => {
    const queue = flights('queue');
    offer(queue, 3);
    queue.close();
    expect(queue.offer(9)).toBe(false);
    let idle = false;
    void queue.idle().then(() => (idle = true));
    await land(0);
    await land(1);
    expect(idle).toBe(false);
    await land(2);
    expect(idle).toBe(true);
    await queue.idle(); // at once
  });

  it('abandoned: hands back what had not begun, and is idle when the last has landed', async () => {
    const queue = flights('queue');
    offer(queue, 3);
    expect(queue.abandon()).toEqual([1, 2]);
    expect(queue.offer(9)).toBe(false);
    const idle = queue.idle();
    await land(0);
    await idle;
    expect(begun).toEqual([0]);
  });
});
