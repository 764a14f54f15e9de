import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { partitionOfKey } from '../../../core/murmur2.js';
import type { PartitionOffsets } from '../../../ports/record-log.port.js';
import { ANY, type PackedRecord } from '../append-codec.js';
import { packPage, type RecordRow } from '../page-codec.js';
import type { Exchanges, PackedPage, ReadRefusal } from '../protocol.js';
import { REFUSED } from '../refusals.js';
import { TopicTable, type Topic } from './topic-table.js';

/** What a row of a page takes besides its bytes, so that tombstones are bounded too. */
const ROW_BYTES = 100;

/** Where a record was put, or REFUSED and its detail. */
export type Place = readonly [partition: number, offset: number];

/** The table of records: puts them at their offsets and reads them back. */
export class RecordTable {
  private readonly insert: StatementSyncInstance;
  private readonly select: StatementSyncInstance;

  constructor(
    db: DatabaseSyncInstance,
    readonly topics: TopicTable,
  ) {
    this.insert = db.prepare('INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.select = db.prepare(
      'SELECT offset, timestamp, key, value, headers FROM records WHERE topic_id = ? AND partition = ? AND offset >= ? ORDER BY offset LIMIT ?',
      { returnArrays: true },
    );
  }

  /** Within a transaction of the caller's. */
  put(name: string, record: PackedRecord): Place {
    if (record.partition < 0 && record.partition !== ANY) return [record.partition, record.timestamp];
    const known = this.topics.find(name);
    const partitions = known?.partitions ?? this.topics.newPartitions;
    if (record.partition >= partitions) return [REFUSED.partition, partitions];
    const topic = known ?? this.topics.create(name);
    const partition = this.choose(topic, record);
    const offset = topic.next[partition]!;
    const { timestamp, key, value, headers } = record;
    this.insert.run(topic.id, partition, offset, timestamp, key, value, headers);
    topic.next[partition] = offset + 1;
    return [partition, offset];
  }

  offsets({ topic: name }: Exchanges['offsets']['ask']): PartitionOffsets[] | ReadRefusal {
    const topic = this.topics.find(name);
    if (!topic) return { refused: 'topic' };
    return topic.next.map((next, partition) => ({
      partition,
      earliest: this.topics.earliest(topic, partition),
      next,
    }));
  }

  /** At most `limit` records, and no more once they are `maxBytes`; always one where there is one. */
  read({
    topic: name,
    partition,
    offset,
    limit,
    maxBytes,
  }: Exchanges['read']['ask']): PackedPage | ReadRefusal {
    const topic = this.topics.find(name);
    if (!topic) return { refused: 'topic' };
    if (partition >= topic.partitions) return { refused: 'partition', partitions: topic.partitions };
    const rows: RecordRow[] = [];
    let bytes = 0;
    for (const row of this.select.iterate(topic.id, partition, offset, limit) as Iterable<RecordRow>) {
      rows.push(row);
      bytes += sizeOf(row);
      if (bytes >= maxBytes) break;
    }
    const last = rows.at(-1);
    return packPage(rows, last ? last[0] + 1 : topic.next[partition]!);
  }

  private choose(topic: Topic, { partition, key, value }: PackedRecord): number {
    if (partition !== ANY) return partition;
    if (key !== null) return partitionOfKey(asBuffer(key), topic.partitions);
    return this.topics.stick(topic, value?.length ?? 0);
  }
}

function sizeOf([, , key, value, headers]: RecordRow): number {
  return [key, value, headers].reduce((sum, part) => sum + (part?.length ?? 0), ROW_BYTES);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
