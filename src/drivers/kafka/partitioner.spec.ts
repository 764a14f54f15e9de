import { describe, expect, it } from '@jest/globals';
import { partitionerNamed, Sticky } from './partitioner.js';

describe('consistent_random', () => {
  const partitioner = partitionerNamed('consistent_random');

  // librdkafka, tests/0048-partitioner.c
  it.each([
    ['23456', 0xb1b451d7],
    ['this is another string with more length to it perhaps', 0xb0150df7],
    ['hejsan', 0xd077037e],
  ])('puts %j where librdkafka does', (key, crc) => {
    for (const partitions of [1, 3, 7, 17, 1000]) {
      expect(partitioner(Buffer.from(key), partitions)).toBe(crc % partitions);
    }
  });

  it('takes an empty key for none', () => {
    expect(partitioner(Buffer.alloc(0), 17)).toBeNull();
  });
});

describe('murmur2', () => {
  const partitioner = partitionerNamed('murmur2');

  // librdkafka, tests/0048-partitioner.c: made with Java's own partitioner
  it.each([
    ['', 0x106e08d9],
    ['23456', 0x058d780f],
    ['this is another string with more length to it perhaps', 0x4f7703da],
    ['hejsan', 0x5ec19395],
  ])('puts %j where Java does', (key, hash) => {
    for (const partitions of [1, 3, 7, 17]) {
      expect(partitioner(Buffer.from(key), partitions)).toBe(hash % partitions);
    }
  });
});

describe('Sticky', () => {
  it('stays until it is moved, then goes elsewhere', () => {
    const sticky = new Sticky();
    const first = sticky.pick(5);
    expect([sticky.pick(5), sticky.pick(5)]).toEqual([first, first]);
    sticky.moveFrom((first + 1) % 5, 5);
    expect(sticky.pick(5)).toBe(first);
    sticky.moveFrom(first, 5);
    expect(sticky.pick(5)).not.toBe(first);
  });

  it('reaches every partition', () => {
    const sticky = new Sticky();
    const seen = new Set<number>();
    for (let i = 0; i < 500; i++) {
      const at = sticky.pick(4);
      seen.add(at);
      sticky.moveFrom(at, 4);
    }
    expect([...seen].sort()).toEqual([0, 1, 2, 3]);
  });

  it('has but one choice where there is one partition, and keeps within a count that shrank', () => {
    const sticky = new Sticky(() => 0.99);
    expect(sticky.pick(10)).toBe(9);
    expect(sticky.pick(1)).toBe(0);
    sticky.moveFrom(0, 1);
    expect(sticky.pick(1)).toBe(0);
  });
});
