import type { KeyToSettle, NewRecord } from '../../ports/record-log.port.js';
import type { PackedAppend } from './protocol.js';
import { REFUSED } from './refusals.js';

/** Per record: topic index, partition (or ANY, or a refusal), its detail or the timestamp, lengths of key, value, headers. */
export const RECORD_FIELDS = 6;
/** The log chooses the partition. */
export const ANY = -1_000;
/** Length of a key or value that is null, or of headers that are none. */
export const NULL = -1;
/** What a record takes in the buffer besides its bytes: its outcome, its numbers. */
const OVERHEAD_BYTES = 96;
const FIRST_BYTES = 16 * 1024;

/** A lower bound of what a call takes in the buffer, so that one that cannot fit costs nothing more. */
export function leastBytes(records: readonly NewRecord[]): number {
  let bytes = OVERHEAD_BYTES * records.length;
  for (const record of records) bytes += leastOwnBytes(record);
  return bytes;
}

/** UTF-8 has no fewer bytes than a string has characters. */
function leastOwnBytes({ key, value }: NewRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}

/** Packs calls into one message for the worker, each record's bytes as soon as it comes. */
export class AppendPacker {
  private readonly topics = new Map<string, number>();
  private readonly records: number[] = [];
  private readonly calls: number[] = [];
  private readonly settles: [number, KeyToSettle][] = [];
  private bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  private end = 0;

  constructor(private readonly maxRecordBytes: number) {}

  get size(): number {
    return this.end + this.records.length * 8;
  }

  /** Answers how many bytes the call takes in the buffer. */
  add(records: readonly NewRecord[], settles: KeyToSettle | undefined): number {
    const start = this.end;
    this.reserve(this.roomFor(records));
    if (settles) this.settles.push([this.calls.length, settles]);
    this.calls.push(records.length);
    for (const record of records) this.addRecord(record);
    return this.end - start + OVERHEAD_BYTES * records.length;
  }

  /** Takes the last call back. */
  undo(bytes: number): void {
    const count = this.calls.pop() ?? 0;
    if (this.settles.at(-1)?.[0] === this.calls.length) this.settles.pop();
    this.records.length -= count * RECORD_FIELDS;
    this.end -= bytes - OVERHEAD_BYTES * count;
  }

  /** A call that must not be written any more: its records stay, as refusals, and settle no key. */
  withdraw(call: number): void {
    const before = this.calls.slice(0, call).reduce((sum, count) => sum + count, 0);
    for (let i = before; i < before + this.calls[call]!; i++)
      this.records[i * RECORD_FIELDS + 1] = REFUSED.failed;
    const settles = this.settles.findIndex(([index]) => index === call);
    if (settles >= 0) this.settles.splice(settles, 1);
  }

  /** The message for the worker. The packer is spent: its bytes go with the message. */
  pack(): PackedAppend {
    const bytes = new Uint8Array(this.bytes.buffer, 0, this.end);
    return {
      topics: [...this.topics.keys()],
      records: Float64Array.from(this.records),
      bytes,
      calls: this.calls,
      settles: this.settles,
    };
  }

  /** Most of what the records take that are not refused. */
  private roomFor(records: readonly NewRecord[]): number {
    let bytes = 0;
    for (const record of records) {
      const own = leastOwnBytes(record);
      if (own <= this.maxRecordBytes) bytes += own;
    }
    return bytes;
  }

  private addRecord(record: NewRecord): void {
    const { topic, partition, key, value, headers, timestamp } = record;
    const start = this.end;
    if (!Number.isSafeInteger(timestamp)) return this.refuse(topic, REFUSED.timestamp, 0);
    // Before it is written: what is refused may be as long as a body.
    if (leastOwnBytes(record) > this.maxRecordBytes)
      return this.refuse(topic, REFUSED.tooLarge, this.maxRecordBytes);
    const keyLength = this.write(key);
    const valueLength = this.write(value);
    const headersLength = this.write(headersText(headers));
    if (this.end - start > this.maxRecordBytes) {
      this.end = start;
      return this.refuse(topic, REFUSED.tooLarge, this.maxRecordBytes);
    }
    this.records.push(
      this.topicIndex(topic),
      partition ?? ANY,
      timestamp,
      keyLength,
      valueLength,
      headersLength,
    );
  }

  /** The record stays as a refusal, so that outcomes keep their order. */
  private refuse(topic: string, reason: number, detail: number): void {
    this.records.push(this.topicIndex(topic), reason, detail, NULL, NULL, NULL);
  }

  private topicIndex(topic: string): number {
    const known = this.topics.get(topic);
    if (known !== undefined) return known;
    this.topics.set(topic, this.topics.size);
    return this.topics.size - 1;
  }

  private write(data: string | Buffer | null): number {
    if (data === null) return NULL;
    this.reserve(typeof data === 'string' ? data.length * 3 : data.length);
    const length =
      typeof data === 'string' ? this.bytes.write(data, this.end) : data.copy(this.bytes, this.end);
    this.end += length;
    return length;
  }

  private reserve(more: number): void {
    if (this.end + more <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.end + more));
    this.bytes.copy(grown, 0, 0, this.end);
    this.bytes = grown;
  }
}

function headersText(headers: NewRecord['headers']): string | null {
  if (headers === null) return null;
  const text = JSON.stringify(headers);
  return text === '{}' ? null : text;
}

/** A record as the worker sees it; the bytes are views. */
export interface PackedRecord {
  topic: number;
  /** A partition, ANY, or a refusal. */
  partition: number;
  /** The timestamp, or the refusal's detail. */
  timestamp: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: Uint8Array | null;
}

/** Reads the records of a message one after the other. */
export class AppendReader {
  private at = 0;
  private position = 0;

  constructor(private readonly packed: PackedAppend) {}

  next(): PackedRecord {
    const { records } = this.packed;
    const at = this.at;
    this.at += RECORD_FIELDS;
    return {
      topic: records[at]!,
      partition: records[at + 1]!,
      timestamp: records[at + 2]!,
      key: this.view(records[at + 3]!),
      value: this.view(records[at + 4]!),
      headers: this.view(records[at + 5]!),
    };
  }

  private view(length: number): Uint8Array | null {
    if (length === NULL) return null;
    const start = this.position;
    this.position += length;
    return this.packed.bytes.subarray(start, this.position);
  }
}
