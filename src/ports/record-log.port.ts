import type { AppError } from '../core/errors.js';
import { Port } from './port.js';

/** A record to append. `value` is what readers get, byte for byte: a string is UTF-8, null is a tombstone. */
export interface NewRecord {
  topic: string;
  /** Null lets the log choose: by murmur2 of the key, or any partition without one. */
  partition: number | null;
  key: string | Buffer | null;
  value: string | Buffer | null;
  headers: Readonly<Record<string, string>> | null;
  /** Milliseconds since the Unix epoch. */
  timestamp: number;
}

/** Written, for good as far as the driver promises durability; `offset` is -1 where the log was told not to say (acks=0). */
export interface Appended {
  ok: true;
  partition: number;
  offset: number;
}

/**
 * Not written, save for the code OUTCOME_UNKNOWN: then it may have been, and the log never sends it again.
 * `later`, on OUTCOME_UNKNOWN alone, resolves when the log learns what became of it (perhaps never more than that).
 */
export interface NotAppended {
  ok: false;
  error: AppError;
  later?: Promise<AppendOutcome>;
}

export type AppendOutcome = Appended | NotAppended;

/**
 * An idempotency key that the append settles in its own transaction, where log and store share a storage; it stays as
 * it is when nothing of the call is written.
 */
export interface KeyToSettle {
  key: string;
  fingerprint: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
  expiresAt: number;
}

export interface AppendOptions {
  settles?: KeyToSettle;
}

export interface StoredRecord {
  partition: number;
  offset: number;
  key: Buffer | null;
  value: Buffer | null;
  /** Milliseconds since the Unix epoch. */
  timestamp: number;
  headers: Record<string, string>;
}

export interface RecordPage {
  records: StoredRecord[];
  /** Where the next read goes on; equal to the end offset when nothing follows yet. */
  nextOffset: number;
}

/** Readers see offsets in [`earliest`, `next`); `next` is the offset that the next record will get. */
export interface PartitionOffsets {
  partition: number;
  earliest: number;
  next: number;
}

export interface ReadRequest {
  topic: string;
  partition: number;
  /** From this offset on; below `earliest` it begins at `earliest`. */
  offset: number;
  limit: number;
}

/**
 * Appends records to topics; the answer is the topic, partition and offset that each got.
 *
 * Every driver keeps these promises (test/contracts/record-log.contract.ts):
 * - an outcome with `ok` means the record is durable (a process killed the next instant loses nothing), at exactly
 *   that partition and offset, once;
 * - one outcome per record, in request order; one record's failure never changes another's outcome;
 * - records of one call to one partition keep their order; calls made one after the other keep theirs;
 * - records with the same key and no partition go to the same partition while the topic's partition count stands:
 *   the one Kafka's own clients choose (murmur2), unless the driver was told otherwise;
 * - a record of unknown outcome is reported as OUTCOME_UNKNOWN within the deadline and never sent again;
 * - the buffer is bounded: `append` throws BUFFER_FULL at once and takes nothing of the call;
 * - a topic is created at first use where the log may create it, else the outcome is TOPIC_UNKNOWN.
 *
 * Not promised: order between partitions, nor that a failed record's offset is reused or skipped.
 *
 * Codes of outcomes: TOPIC_UNKNOWN, TOPIC_FORBIDDEN, PARTITION_UNKNOWN, RECORD_TOO_LARGE, RECORD_REFUSED,
 * RECORD_LOG_UNAVAILABLE (not written, retry), STORAGE_FULL, OUTCOME_UNKNOWN, SHUTTING_DOWN.
 */
export abstract class RecordLog extends Port {
  /** Names the place where records are kept. A log and an IdempotencyStore with the same one commit together. */
  abstract readonly storage: string;

  /** False until the log has answered for the first time since the start. */
  abstract readonly wasReady: boolean;

  /**
   * Takes the records into the bounded buffer, all or none, before it returns; resolves, never rejects, when each
   * has its outcome. Topic names, sizes and types were checked by the caller (gateway/record.ts).
   * @throws AppError BUFFER_FULL or SHUTTING_DOWN at once, synchronously: nothing of the call was taken.
   */
  abstract append(records: readonly NewRecord[], options?: AppendOptions): Promise<AppendOutcome[]>;

  /** Names of all topics that users made, sorted. */
  abstract topics(): Promise<string[]>;

  /** A topic's partitions in order. Never creates the topic. @throws AppError TOPIC_UNKNOWN */
  abstract offsets(topic: string): Promise<PartitionOffsets[]>;

  /**
   * One page of a partition; at or past the end it answers at once with no records.
   * @throws AppError TOPIC_UNKNOWN, PARTITION_UNKNOWN, READERS_BUSY, READ_TIMEOUT, RECORD_LOG_UNAVAILABLE
   */
  abstract read(request: ReadRequest): Promise<RecordPage>;

  /**
   * Records of all partitions that arrive from now on, in groups, until `signal` aborts. The log reads no further
   * while the consumer of the iterator is busy. "Now" is when the promise resolves.
   * @throws AppError as `read`
   */
  abstract tail(topic: string, signal: AbortSignal): Promise<AsyncIterable<StoredRecord[]>>;
}
