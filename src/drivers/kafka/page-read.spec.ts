import { describe, expect, it } from '@jest/globals';
import type { FetchedBatch } from './consumer-session.js';
import { PageRead, type PageRequest } from './page-read.js';

const request: PageRequest = { topic: 't', partition: 1, offset: 10, limit: 100, end: 20, leader: 2 };

function batch(offsets: number[], next: number, bytes = 1, partition = 1): FetchedBatch {
  const messages = offsets.map((offset) => ({
    offset: String(offset),
    key: null,
    value: Buffer.alloc(bytes),
    timestamp: '1',
    attributes: 0,
    headers: {},
  }));
  return { partition, messages, next, heartbeat: () => Promise.resolve() };
}

const offsetsOf = async (read: PageRead) => {
  const { records, nextOffset } = await read.page;
  return { offsets: records.map(({ offset }) => offset), nextOffset };
};

describe('PageRead', () => {
  it('ends at the end that it was asked for, though more follows', async () => {
    const read = new PageRead(request);
    read.take(batch([10, 11, 12], 13));
    read.take(batch([13, 19, 20, 21], 22));
    expect(await offsetsOf(read)).toEqual({ offsets: [10, 11, 12, 13, 19, 20, 21], nextOffset: 22 });
  });

  it('ends at its limit, in the middle of a batch', async () => {
    const read = new PageRead({ ...request, limit: 3 });
    read.take(batch([10, 12, 14, 16], 17));
    expect(await offsetsOf(read)).toEqual({ offsets: [10, 12, 14], nextOffset: 15 });
  });

  it('ends when it is large enough, yet takes one record of any size', async () => {
    const read = new PageRead(request);
    read.take(batch([10, 11], 12, 20 * 1024 * 1024));
    expect(await offsetsOf(read)).toEqual({ offsets: [10], nextOffset: 11 });
  });

  it('goes over gaps, to the end when nothing else is there', async () => {
    const read = new PageRead(request);
    read.progress(1, 15);
    read.take(batch([17], 18));
    read.progress(1, 20);
    expect(await offsetsOf(read)).toEqual({ offsets: [17], nextOffset: 20 });
  });

  it('looks at its own partition only', async () => {
    const read = new PageRead({ ...request, limit: 1 });
    read.take(batch([10], 11, 1, 0));
    read.progress(0, 99);
    read.take(batch([10], 11));
    expect(await offsetsOf(read)).toEqual({ offsets: [10], nextOffset: 11 });
  });

  it('fails with the error that it was given', async () => {
    const read = new PageRead(request);
    read.fail(new Error('gone'));
    await expect(read.page).rejects.toMatchObject({ code: 'RECORD_LOG_UNAVAILABLE' });
  });
});
