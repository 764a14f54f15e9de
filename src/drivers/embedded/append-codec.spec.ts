import type { NewRecord } from '../../ports/record-log.port.js';
import { ANY, AppendPacker, AppendReader, leastBytes } from './append-codec.js';
import { REFUSED } from './refusals.js';

const record = (fields: Partial<NewRecord> = {}): NewRecord => ({
  topic: 't',
  partition: null,
  key: null,
  value: null,
  headers: null,
  timestamp: 1_750_000_000_000,
  ...fields,
});

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());

function unpacked(packer: AppendPacker) {
  const packed = packer.pack();
  const reader = new AppendReader(packed);
  return packed.calls.map((count) =>
    Array.from({ length: count }, () => {
      const { topic, key, value, headers, ...rest } = reader.next();
      return {
        ...rest,
        topic: packed.topics[topic],
        key: text(key),
        value: text(value),
        headers: text(headers),
      };
    }),
  );
}

describe('AppendPacker', () => {
  it('carries calls with all that their records have', () => {
    const packer = new AppendPacker(1000);
    packer.add(
      [record({ key: 'ключ', value: Buffer.from('v'), partition: 7 }), record({ topic: 'u' })],
      undefined,
    );
    packer.add([record({ key: '', value: '', headers: { größe: '1' } }), record({ headers: {} })], undefined);
    const timestamp = 1_750_000_000_000;
    expect(unpacked(packer)).toEqual([
      [
        { topic: 't', partition: 7, timestamp, key: 'ключ', value: 'v', headers: null },
        { topic: 'u', partition: ANY, timestamp, key: null, value: null, headers: null },
      ],
      [
        { topic: 't', partition: ANY, timestamp, key: '', value: '', headers: '{"größe":"1"}' },
        { topic: 't', partition: ANY, timestamp, key: null, value: null, headers: null },
      ],
    ]);
  });

  it('grows with what comes', () => {
    const packer = new AppendPacker(1_000_000);
    const values = Array.from({ length: 50 }, (_, i) => '鍵'.repeat(i * 100));
    for (const value of values) packer.add([record({ value })], undefined);
    expect(unpacked(packer).map(([one]) => one!.value)).toEqual(values);
  });

  it('refuses a record alone that is too large, or has no whole timestamp', () => {
    const packer = new AppendPacker(10);
    packer.add(
      [
        record({ key: 'ä', value: '12345678' }),
        record({ key: 'ä', value: '123456789' }),
        record({ timestamp: 0.5 }),
      ],
      undefined,
    );
    expect(unpacked(packer)[0]!.map(({ partition }) => partition)).toEqual([
      ANY,
      REFUSED.tooLarge,
      REFUSED.timestamp,
    ]);
  });

  it('takes the last call back without a trace', () => {
    const packer = new AppendPacker(1000);
    const key = { key: 'k', fingerprint: 'f', at: 1, expiresAt: 2 };
    packer.add([record({ value: 'first' })], key);
    const size = packer.size;
    packer.undo(packer.add([record({ value: 'undone' }), record()], key));
    expect(packer.size).toBe(size);
    packer.add([record({ value: 'second' })], undefined);
    expect(packer.pack().settles).toEqual([[0, key]]);
    expect(unpacked(packer).map(([one]) => one!.value)).toEqual(['first', 'second']);
  });

  it('withdraws a call in place, its key too', () => {
    const packer = new AppendPacker(1000);
    const key = { key: 'k', fingerprint: 'f', at: 1, expiresAt: 2 };
    packer.add([record({ value: 'a' })], undefined);
    packer.add([record({ value: 'b' }), record({ value: 'c' })], key);
    packer.add([record({ value: 'd' })], undefined);
    packer.withdraw(1);
    expect(packer.pack().settles).toEqual([]);
    expect(unpacked(packer).map((call) => call.map(({ partition, value }) => [partition, value]))).toEqual([
      [[ANY, 'a']],
      [
        [REFUSED.failed, 'b'],
        [REFUSED.failed, 'c'],
      ],
      [[ANY, 'd']],
    ]);
  });

  it('takes no less of the buffer than was estimated', () => {
    const records = [record({ key: 'ключ', value: 'ü'.repeat(99), headers: { a: 'b' } }), record()];
    expect(new AppendPacker(1000).add(records, undefined)).toBeGreaterThanOrEqual(leastBytes(records));
  });
});
