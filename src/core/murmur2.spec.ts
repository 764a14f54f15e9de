import { murmur2, partitionOfKey } from './murmur2.js';

describe('murmur2', () => {
  /** From Kafka's UtilsTest.testMurmur2 and librdkafka's unittest_murmur2 (unsigned there). */
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
    ['kafka', 0xd067cf64 | 0],
    ['giberish123456789', 0x8f552b0c | 0],
    ['1234', 0x9fc97b14 | 0],
    ['234', 0xe7c009ca | 0],
    ['34', 0x873930da | 0],
    ['4', 0x5a4b5ca1],
    ['', 0x106e08d9],
  ])('hashes %j as Java does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it('treats bytes as unsigned', () => {
    expect(murmur2(Buffer.from([0xff, 0xfe, 0xfd]))).not.toBe(murmur2(Buffer.from([0x7f, 0x7e, 0x7d])));
  });
});

describe('partitionOfKey', () => {
  it('drops the sign bit instead of negating, as Kafka’s toPositive', () => {
    expect(partitionOfKey(Buffer.from('21'), 3)).toBe((-973932308 & 0x7fffffff) % 3);
    expect(partitionOfKey(Buffer.from('abc'), 7)).toBe(479470107 % 7);
  });

  it('answers the only partition of a topic with one', () => {
    expect(partitionOfKey(Buffer.from('anything'), 1)).toBe(0);
  });
});
