import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import type { NotAppended, StoredRecord } from '../../../src/ports/record-log.port.js';
import { keyRequest } from '../../contracts/idempotency-store.contract.js';
import { allWritten, codes, expectExactly, record, unusedName } from '../../contracts/record-log.support.js';
import { driverContext } from '../../support/driver-context.js';
import { eventually } from '../../support/eventually.js';
import { openBoth } from './support/open.js';

describe('a key that is settled with its append', () => {
  it('is there exactly when something was written, with every outcome', async () => {
    const { log, store, close } = await openBoth(await driverContext());
    const topic = unusedName();
    const [some, none] = [keyRequest({ durable: false }), keyRequest({ durable: false })];
    const tooLarge = record(topic, { value: 'x'.repeat(2_000_000) });
    const [, place] = await log.append([tooLarge, record(topic, { key: 'k' })], {
      settles: { ...some, at: 123 },
    });
    await log.append([tooLarge], { settles: { ...none, at: 123 } });
    expect(await store.claim(some)).toEqual({
      state: 'settled',
      send: {
        at: 123,
        outcomes: [
          { code: 'RECORD_TOO_LARGE', message: expect.stringContaining('1048576'), retryable: false },
          { partition: (place as { partition: number }).partition, offset: 0 },
        ],
      },
    });
    expect(await store.claim(none)).toEqual({ state: 'claimed' });
    await close();
  });
});

describe('the deadline', () => {
  it('leaves what the file has unknown until later, and what it has not unwritten', async () => {
    const context = await driverContext({ produceTimeoutMs: 300 });
    const { log, close } = await openBoth(context);
    const topic = unusedName();
    allWritten(await log.append([record(topic)]));
    const other = new DatabaseSync(join(context.dataFolder, 'carillon.db'));
    other.exec('BEGIN IMMEDIATE');
    const value = 'x'.repeat(1_000_000);
    const handed = Array.from({ length: 8 }, () => record(topic, { value }));
    const calls = handed.map((one) => log.append([one]));
    await delay(50);
    const late = await log.append([record(topic)], { settles: { ...keyRequest(), at: 1 } });
    expect(codes(late)).toEqual(['RECORD_LOG_UNAVAILABLE']);
    const outcomes = (await Promise.all(calls)).flat() as NotAppended[];
    expect(new Set(codes(outcomes))).toEqual(new Set(['OUTCOME_UNKNOWN']));
    other.exec('ROLLBACK');
    other.close();
    const learnt = await Promise.all(outcomes.map(({ later }) => later!));
    allWritten(learnt);
    const more = record(topic);
    const [last] = await log.append([more]);
    const all = (await log.offsets(topic)).reduce((sum, { next }) => sum + next, 0);
    expect(all).toBe(1 + handed.length + 1);
    expect(last!.ok).toBe(true);
    await close();
  }, 30_000);

  it('of close answers what is left', async () => {
    const context = await driverContext();
    const { log, close } = await openBoth(context);
    allWritten(await log.append([record('t')]));
    const other = new DatabaseSync(join(context.dataFolder, 'carillon.db'));
    other.exec('BEGIN IMMEDIATE');
    const call = log.append([record('t'), record('t')]);
    await delay(50);
    expect(await log.close(100)).toBe('2 records had no outcome yet');
    expect(codes(await call)).toEqual(['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN']);
    other.exec('ROLLBACK');
    other.close();
    await close();
  }, 30_000);
});

describe('sizes', () => {
  it('counts key, value and headers against EMBEDDED_MAX_RECORD_BYTES, to the byte', async () => {
    const environment = { EMBEDDED_MAX_RECORD_BYTES: '2048', EMBEDDED_PARTITIONS: '1' };
    const { log, close } = await openBoth(await driverContext(), environment);
    const key = 'ü'.repeat(24);
    const headers = { a: 'b' };
    const rest = key.length * 2 + JSON.stringify(headers).length;
    const fits = record('t', { key, headers, value: 'x'.repeat(2048 - rest) });
    const over = record('t', { key, headers, value: 'x'.repeat(2049 - rest) });
    const outcomes = await log.append([fits, over]);
    expect(codes(outcomes)).toEqual(['ok', 'RECORD_TOO_LARGE']);
    await expectExactly(log, 't', [fits], outcomes.slice(0, 1));
    await close();
  });

  it('takes a call larger than the buffer when nothing else is in flight', async () => {
    const { log, close } = await openBoth(await driverContext(), { EMBEDDED_BUFFER_BYTES: '20000' });
    const big = Array.from({ length: 50 }, () => record('t', { value: 'x'.repeat(1_000) }));
    const call = log.append(big);
    expect(() => log.append([record('t')])).toThrow(expect.objectContaining({ code: 'BUFFER_FULL' }));
    const outcomes = await call;
    const more = [record('t')];
    await expectExactly(log, 't', [...big, ...more], [...outcomes, ...(await log.append(more))]);
    await close();
  });

  it('bounds a page by its bytes, whatever the limit', async () => {
    const { log, close } = await openBoth(await driverContext());
    const sent = Array.from({ length: 20 }, () =>
      record('t', { partition: 0, value: 'x'.repeat(1_000_000) }),
    );
    allWritten(await log.append(sent));
    const page = await log.read({ topic: 't', partition: 0, offset: 0, limit: 100_000 });
    expect(page.records).toHaveLength(5);
    expect(page.nextOffset).toBe(5);
    await close();
  });
});

describe('readers', () => {
  it('are answered while writers keep the file busy', async () => {
    const { log, close } = await openBoth(await driverContext());
    allWritten(await log.append([record('t')]));
    let stop = false;
    const writers = Array.from({ length: 8 }, async () => {
      while (!stop)
        await log.append(Array.from({ length: 1_000 }, () => record('t', { value: 'x'.repeat(500) })));
    });
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      const began = performance.now();
      await log.read({ topic: 't', partition: 0, offset: 0, limit: 10 });
      waits.push(performance.now() - began);
      await delay(20);
    }
    stop = true;
    await Promise.all(writers);
    expect(Math.max(...waits)).toBeLessThan(2_000);
    await close();
  }, 30_000);

  it('are bounded in number', async () => {
    const { log, close } = await openBoth(await driverContext());
    allWritten(await log.append([record('t', { partition: 0 })]));
    const reads = Array.from({ length: 40 }, () =>
      log.read({ topic: 't', partition: 0, offset: 0, limit: 1 }),
    );
    const ends = await Promise.allSettled(reads);
    const refused = ends.filter((end) => end.status === 'rejected');
    expect(refused).toHaveLength(24);
    expect(refused[0]!.reason).toMatchObject({ code: 'READERS_BUSY', retryable: true });
    await close();
  });
});

describe('followers', () => {
  it('hold 16 MiB of large records together; who waits for room misses none', async () => {
    const { log, close } = await openBoth(await driverContext());
    const value = 'x'.repeat(1_000_000);
    allWritten(await log.append([record('large', { partition: 0 })]));
    const tails = await Promise.all(
      Array.from({ length: 20 }, () => log.tail('large', new AbortController().signal)),
    );
    const readers = tails.map((tail) => tail[Symbol.asyncIterator]());
    const offsets = readers.map(() => [] as number[]);
    const next = async (reader: AsyncIterator<StoredRecord[]>, at: number) => {
      for (const { offset } of ((await reader.next()) as { value: StoredRecord[] }).value)
        offsets[at]!.push(offset);
    };
    const firsts = readers.map(next);
    for (let n = 0; n < 3; n += 1) allWritten(await log.append([record('large', { partition: 0, value })]));
    const holding = () => offsets.filter(({ length }) => length > 0).length;
    await eventually(() => expect(holding()).toBe(16));
    await log.append([record('other')]);
    expect(holding()).toBe(16);
    await Promise.all(
      readers.map(async (reader, at) => {
        await firsts[at];
        while (offsets[at]!.length < 3) await next(reader, at);
        await reader.return?.();
      }),
    );
    expect(offsets).toEqual(readers.map(() => [1, 2, 3]));
    await close();
  });

  it('read no more than 64 KiB and a record at once', async () => {
    const { log, close } = await openBoth(await driverContext());
    allWritten(await log.append([record('many', { partition: 0 })]));
    const tail = await log.tail('many', new AbortController().signal);
    const value = 'x'.repeat(10_000);
    allWritten(await log.append(Array.from({ length: 100 }, () => record('many', { partition: 0, value }))));
    let count = 0;
    for await (const group of tail) {
      expect(group.length).toBeLessThanOrEqual(7);
      if ((count += group.length) === 100) break;
    }
    await close();
  });
});

describe('metrics', () => {
  it('count transactions and show the buffer, also when the folder is opened anew', async () => {
    const context = await driverContext();
    for (let start = 0; start < 2; start++) {
      const { log, close } = await openBoth(context);
      allWritten(await log.append([record('t')]));
      const text = await context.metrics.metrics();
      expect(text).toMatch(/carillon_embedded_commits_total [1-9]/);
      expect(text).toMatch(/carillon_embedded_commit_seconds_count [1-9]/);
      expect(text).toContain('carillon_embedded_buffer_bytes 0');
      await close();
    }
  });
});
