import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';

/** A topic as the worker remembers it between transactions. */
export interface Topic {
  id: number;
  partitions: number;
  /** The offset that the next record gets, by partition. */
  next: number[];
  /** Where records without key or partition go at the moment, and how many more bytes of them. */
  sticky: { partition: number; bytesLeft: number };
}

/** As Kafka's clients: records without a key stay in one partition for about one batch. */
const STICKY_BYTES = 16 * 1024;

/** Topics and their next offsets. What is remembered is forgotten after a rollback. */
export class TopicTable {
  private readonly known = new Map<string, Topic>();
  private readonly byName: StatementSyncInstance;
  private readonly all: StatementSyncInstance;
  private readonly insert: StatementSyncInstance;
  private readonly last: StatementSyncInstance;
  private readonly first: StatementSyncInstance;

  constructor(
    db: DatabaseSyncInstance,
    /** Of a new topic. */
    readonly newPartitions: number,
  ) {
    this.byName = db.prepare('SELECT id, partitions FROM topics WHERE name = ?');
    this.all = db.prepare('SELECT name FROM topics');
    this.insert = db.prepare('INSERT INTO topics (name, partitions, created_at) VALUES (?, ?, ?)');
    const ofPartition = 'SELECT offset FROM records WHERE topic_id = ? AND partition = ? ORDER BY offset';
    this.last = db.prepare(`${ofPartition} DESC LIMIT 1`);
    this.first = db.prepare(`${ofPartition} LIMIT 1`);
  }

  find(name: string): Topic | undefined {
    const known = this.known.get(name);
    if (known) return known;
    const row = this.byName.get(name) as { id: number; partitions: number } | undefined;
    return row && this.remember(name, row.id, row.partitions);
  }

  create(name: string): Topic {
    const { lastInsertRowid } = this.insert.run(name, this.newPartitions, Date.now());
    return this.remember(name, Number(lastInsertRowid), this.newPartitions);
  }

  /** The partition for a record without key or partition that takes `bytes`. */
  stick(topic: Topic, bytes: number): number {
    const { sticky } = topic;
    if (sticky.bytesLeft <= 0) {
      sticky.partition = (sticky.partition + 1) % topic.partitions;
      sticky.bytesLeft = STICKY_BYTES;
    }
    sticky.bytesLeft -= bytes;
    return sticky.partition;
  }

  earliest(topic: Topic, partition: number): number {
    const row = this.first.get(topic.id, partition) as { offset: number } | undefined;
    return row?.offset ?? topic.next[partition]!;
  }

  names(): string[] {
    return (this.all.all() as { name: string }[]).map(({ name }) => name).sort();
  }

  /** What was remembered may never have been committed. */
  forget(): void {
    this.known.clear();
  }

  private remember(name: string, id: number, partitions: number): Topic {
    const next = Array.from({ length: partitions }, (_, partition) => {
      const row = this.last.get(id, partition) as { offset: number } | undefined;
      return row ? row.offset + 1 : 0;
    });
    const emptiest = next.indexOf(Math.min(...next));
    const topic = { id, partitions, next, sticky: { partition: emptiest, bytesLeft: STICKY_BYTES } };
    this.known.set(name, topic);
    return topic;
  }
}
