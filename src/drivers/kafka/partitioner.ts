import { crc32 } from 'node:zlib';
import { partitionOfKey } from '../../core/murmur2.js';

/** The partition of a key among `partitions`, or null where the key does not choose one. */
export type Partitioner = (key: Buffer, partitions: number) => number | null;

/**
 * librdkafka's default: CRC-32 of the key; an empty key counts as none.
 * Source: rd_kafka_msg_partitioner_consistent_random in librdkafka's rdkafka_msg.c.
 */
function consistentRandom(key: Buffer, partitions: number): number | null {
  return key.length === 0 ? null : crc32(key) % partitions;
}

export function partitionerNamed(name: 'murmur2' | 'consistent_random'): Partitioner {
  return name === 'murmur2' ? partitionOfKey : consistentRandom;
}

/**
 * A partition for records that choose none: the same one until `move`, so that they share requests, then another at
 * random.
 */
export class Sticky {
  private at = -1;

  constructor(private readonly random: () => number = Math.random) {}

  pick(partitions: number): number {
    if (this.at < 0 || this.at >= partitions) this.at = Math.floor(this.random() * partitions);
    return this.at;
  }

  /** Leaves `partition` when it is the present one. */
  moveFrom(partition: number, partitions: number): void {
    if (this.at !== partition || partitions < 2) return;
    const step = 1 + Math.floor(this.random() * (partitions - 1));
    this.at = (partition + step) % partitions;
  }
}
