import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../core/errors.js';
import { Call, Entry, RECORD_OVERHEAD } from './entry.js';
import { EntryQueue } from './entry-queue.js';

function entries(count: number, bytes = 100): Entry[] {
  const call = new Call(count, 0);
  const record = { topic: 't', partition: 0, key: null, value: '', headers: null, timestamp: 0 };
  return Array.from({ length: count }, (_, i) => new Entry(call, i, record, bytes - RECORD_OVERHEAD));
}

const LIMITS = { bytes: 1000, records: 100 };
const expired = new AppError('RECORD_LOG_UNAVAILABLE', 'late');

describe('EntryQueue', () => {
  const filled = (...all: Entry[]) => {
    const queue = new EntryQueue();
    for (const entry of all) queue.add(entry);
    return queue;
  };

  it('gives what fits, in order', () => {
    const all = entries(25);
    const queue = filled(...all);
    expect(queue.bytes).toBe(2500);
    expect(queue.take(LIMITS)).toEqual(all.slice(0, 10));
    expect(queue.take({ ...LIMITS, records: 3 })).toEqual(all.slice(10, 13));
    expect(queue.take(LIMITS)).toEqual(all.slice(13, 23));
    expect(queue.take(LIMITS)).toEqual(all.slice(23));
    expect(queue.isEmpty).toBe(true);
    expect(queue.bytes).toBe(0);
    expect(queue.take(LIMITS)).toEqual([]);
  });

  it('gives one that is larger than the limit alone', () => {
    const all = [...entries(1, 5000), ...entries(2)];
    const queue = filled(...all);
    expect(queue.take(LIMITS)).toEqual([all[0]]);
    expect(queue.take(LIMITS)).toEqual(all.slice(1));
  });

  it('gives groups that came back first, each alone', () => {
    const all = entries(6);
    const queue = filled(...all);
    const taken = queue.take({ ...LIMITS, records: 4 });
    queue.giveBack(taken.slice(0, 2), [], taken.slice(2));
    expect(queue.take(LIMITS)).toEqual(all.slice(0, 2));
    expect(queue.take(LIMITS)).toEqual(all.slice(2, 4));
    expect(queue.take(LIMITS)).toEqual(all.slice(4));
  });

  it('leaves out what has its outcome, and is empty when nothing else is there', () => {
    const all = entries(6);
    const queue = filled(...all);
    queue.giveBack(queue.take({ ...LIMITS, records: 2 }));
    for (const index of [0, 2, 3]) all[index]!.fail(expired);
    expect(queue.take(LIMITS)).toEqual([all[1]]);
    expect(queue.take(LIMITS)).toEqual([all[4], all[5]]);
    const other = filled(...entries(3));
    for (const entry of other.takeAll()) entry.fail(expired);
    expect(other.isEmpty).toBe(true);
  });

  it('lets go of many', () => {
    const all = entries(5000);
    const queue = filled(...all);
    for (const entry of all.slice(0, 4000)) entry.fail(expired);
    queue.dropDone();
    expect(queue.bytes).toBe(100_000);
    expect(queue.take(LIMITS)[0]).toBe(all[4000]);
  });
});
