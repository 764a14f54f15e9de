import type { NewRecord } from '../../ports/record-log.port.js';

/** A record, and at least the bytes of its key, value and headers. */
export interface SizedRecord {
  readonly record: NewRecord;
  readonly bytes: number;
}

/** Records as they stand in a batch of Kafka's format 2; timestamps are milliseconds since the Unix epoch. */
export interface EncodedRecords {
  bytes: Buffer;
  /** The earliest: the batch tells it, and each record by how much it is later. */
  firstTimestamp: number;
  maxTimestamp: number;
}

/** The most that a number takes, and so what a record and a header have around their own bytes. */
const VARINT = 8;
const AROUND_RECORD = 6 * VARINT + 1;
const AROUND_HEADER = 2 * VARINT;

/**
 * One buffer, written once.
 * Source: https://kafka.apache.org/documentation/#record. kafkajs makes some fifteen buffers a record of it.
 */
export function encodeRecords(records: readonly SizedRecord[]): EncodedRecords {
  const [firstTimestamp, maxTimestamp] = timestamps(records);
  const writer = new RecordWriter(roomFor(records));
  for (let at = 0; at < records.length; at += 1) {
    const { record } = records[at] as SizedRecord;
    writer.record(record, at, record.timestamp - firstTimestamp);
  }
  return { bytes: writer.written(), firstTimestamp, maxTimestamp };
}

function timestamps(records: readonly SizedRecord[]): [first: number, last: number] {
  let [first, last] = [Infinity, -Infinity];
  for (const { record } of records) {
    first = Math.min(first, record.timestamp);
    last = Math.max(last, record.timestamp);
  }
  return [first, last];
}

function roomFor(records: readonly SizedRecord[]): number {
  let room = 0;
  for (const { record, bytes } of records) {
    room += bytes + AROUND_RECORD;
    if (record.headers) room += Object.keys(record.headers).length * AROUND_HEADER;
  }
  return room;
}

class RecordWriter {
  private readonly buffer: Buffer;
  private at = 0;

  constructor(room: number) {
    this.buffer = Buffer.allocUnsafe(room);
  }

  written(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  /** @throws when it does not fit: `bytes` was wrong */
  record({ key, value, headers }: NewRecord, offsetDelta: number, timestampDelta: number): void {
    const keySize = sizeOf(key);
    const valueSize = sizeOf(value);
    const body =
      1 +
      sizeOfVarint(timestampDelta) +
      sizeOfVarint(offsetDelta) +
      sizeOfField(keySize) +
      sizeOfField(valueSize) +
      sizeOfHeaders(headers);
    this.varint(body);
    const end = this.at + body;
    if (end > this.buffer.length) throw new Error('a record is larger than was said');
    this.buffer[this.at++] = 0; // attributes: there are none
    this.varint(timestampDelta);
    this.varint(offsetDelta);
    this.field(key, keySize);
    this.field(value, valueSize);
    this.headers(headers);
    if (this.at !== end) throw new Error('a record is not as long as it says');
  }

  private headers(headers: NewRecord['headers']): void {
    const names = headers ? Object.keys(headers) : [];
    this.varint(names.length);
    for (const name of names) {
      const value = headers?.[name] ?? '';
      this.field(name, sizeOf(name));
      this.field(value, sizeOf(value));
    }
  }

  private field(bytes: string | Buffer | null, size: number): void {
    if (bytes === null) {
      this.buffer[this.at++] = NULL;
      return;
    }
    this.varint(size);
    if (typeof bytes === 'string') this.buffer.write(bytes, this.at, size);
    else bytes.copy(this.buffer, this.at);
    this.at += size;
  }

  /** As ZigZag has it, for numbers from 0 to 2^53: twice the number, seven bits a byte, the lowest first. */
  private varint(number: number): void {
    let rest = number * 2;
    while (rest > 127) {
      this.buffer[this.at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.buffer[this.at++] = rest;
  }
}

/** The length -1. */
const NULL = 1;

function sizeOf(bytes: string | Buffer | null): number {
  if (bytes === null) return -1;
  return typeof bytes === 'string' ? Buffer.byteLength(bytes) : bytes.length;
}

function sizeOfField(size: number): number {
  return size < 0 ? 1 : sizeOfVarint(size) + size;
}

function sizeOfHeaders(headers: NewRecord['headers']): number {
  if (headers === null) return 1;
  const names = Object.keys(headers);
  let size = sizeOfVarint(names.length);
  for (const name of names) size += sizeOfField(sizeOf(name)) + sizeOfField(sizeOf(headers[name] ?? ''));
  return size;
}

function sizeOfVarint(number: number): number {
  let size = 1;
  for (let rest = number * 2; rest > 127; rest = Math.floor(rest / 128)) size += 1;
  return size;
}
