import { describe, expect, it } from '@jest/globals';
import type { Message } from 'kafkajs';
import type { NewRecord } from '../../ports/record-log.port.js';
import { decodedByKafkajs, encodedByKafkajs } from '../../../test/support/kafkajs-requests.js';
import { EncodedMessages, messagesOf } from './encoded-messages.js';
import { bytesOf } from './entry.js';
import { encodeRecords } from './record-encoder.js';

const AT = 1_790_000_000_000;
const record = (fields: Partial<NewRecord> = {}): NewRecord => ({
  topic: 't',
  partition: null,
  key: 'key',
  value: '{"n":1}',
  headers: null,
  timestamp: AT,
  ...fields,
});

const encoded = (records: NewRecord[]) =>
  encodeRecords(records.map((each) => ({ record: each, bytes: bytesOf(each) })));

const ours = (records: NewRecord[]) =>
  messagesOf(2, new EncodedMessages(records.length, () => encoded(records)));

/** As one would write them for kafkajs. */
const theirs = (records: NewRecord[]): Message[] =>
  records.map(({ key, value, headers, timestamp }) => ({
    key: typeof key === 'string' ? Buffer.from(key) : key,
    value,
    headers: headers ?? {},
    timestamp: String(timestamp),
  }));

const RECORDS: Record<string, NewRecord[]> = {
  'one record': [record()],
  'neither key nor value': [record({ key: null, value: null })],
  'empty ones': [record({ key: '', value: '' })],
  bytes: [record({ key: Buffer.from([0, 255, 128]), value: Buffer.from([254, 0]) })],
  'text that is not ASCII': [record({ key: 'ключ', value: '"žluťoučký 🐎 \u0000"', headers: { é: '日本' } })],
  'half a surrogate pair': [record({ value: '"\ud83d"', headers: { a: '\udc00' } })],
  headers: [record({ headers: { a: '1', empty: '', long: 'x'.repeat(300) } }), record({ headers: {} })],
  'lengths about a byte of the length': [63, 64, 8191, 8192, 1_048_575, 1_048_576].map((length) =>
    record({ value: 'x'.repeat(length) }),
  ),
  'times apart': [0, 3, 1, 63, 64, 1e9, 2 ** 31, 2 ** 33].map((ms) => record({ timestamp: AT + ms })),
  'many records': Array.from({ length: 1000 }, (_, n) => record({ key: `k${n}`, timestamp: AT + (n % 7) })),
};

describe('EncodedMessages', () => {
  it.each(Object.entries(RECORDS))('makes the request that kafkajs makes of %s', async (_, records) => {
    for (const shape of [{ partition: 2 }, { partition: 2, compression: 1 }, { partition: 2, version: 3 }]) {
      const made = await encodedByKafkajs(ours(records), shape);
      expect(made.equals(await encodedByKafkajs(theirs(records), shape))).toBe(true);
    }
  });

  it('counts as many messages as there are records', () => {
    expect(new EncodedMessages(7, () => encoded([record()])).length).toBe(7);
  });

  it('tells the earliest and the latest time where kafkajs, which sorts text, would not', async () => {
    const times = [1000, 999, 5000, 999];
    const batch = await decodedByKafkajs(
      await encodedByKafkajs(ours(times.map((timestamp) => record({ timestamp }))), { partition: 2 }),
    );
    expect(batch).toMatchObject({ firstTimestamp: '999', maxTimestamp: '5000', lastOffsetDelta: 3 });
    expect(batch.records.map(({ timestamp }) => Number(timestamp))).toEqual(times);
    expect(batch.records.map(({ offset }) => Number(offset))).toEqual([0, 1, 2, 3]);
  });

  it('can be read back', async () => {
    const records = [record({ headers: { a: 'ä' } }), record({ key: null, value: null })];
    const batch = await decodedByKafkajs(await encodedByKafkajs(ours(records), { partition: 2 }));
    expect(batch.records).toMatchObject([
      { key: Buffer.from('key'), value: Buffer.from('{"n":1}'), headers: { a: Buffer.from('ä') } },
      { key: null, value: null, headers: {} },
    ]);
  });

  it('is encoded once, when kafkajs makes the request and not before', async () => {
    let times = 0;
    const encode = () => {
      times += 1;
      return encoded([record()]);
    };
    const messages = messagesOf(2, new EncodedMessages(1, encode));
    expect(times).toBe(0);
    await encodedByKafkajs(messages, { partition: 2 });
    expect(times).toBe(1);
  });
});

describe('encodeRecords', () => {
  it('refuses to write a record that is larger than was said', () => {
    const large = record({ value: 'x'.repeat(500) });
    expect(() => encodeRecords([{ record: large, bytes: 10 }])).toThrow('larger than was said');
  });
});
