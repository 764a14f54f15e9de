import type { RecordPage, StoredRecord } from '../../ports/record-log.port.js';
import type { PackedPage } from './protocol.js';

/** Per record: offset, timestamp, lengths of key, value, headers. */
const PAGE_FIELDS = 5;
const NULL = -1;

/** A row of the table `records`, as an array. */
export type RecordRow = [
  offset: number,
  timestamp: number,
  key: Uint8Array | null,
  value: Uint8Array | null,
  headers: Uint8Array | null,
];

export function packPage(rows: readonly RecordRow[], nextOffset: number): PackedPage {
  const records = new Float64Array(rows.length * PAGE_FIELDS);
  const parts: Uint8Array[] = [];
  const lengthOf = (part: Uint8Array | null) => {
    if (part === null) return NULL;
    parts.push(part);
    return part.length;
  };
  rows.forEach(([offset, timestamp, key, value, headers], i) => {
    records.set([offset, timestamp, lengthOf(key), lengthOf(value), lengthOf(headers)], i * PAGE_FIELDS);
  });
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { records, bytes, nextOffset };
}

/** Keys and values are views of the page's bytes. */
export function unpackPage({ records, bytes, nextOffset }: PackedPage, partition: number): RecordPage {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const take = (length: number) => (length === NULL ? null : all.subarray(at, (at += length)));
  const unpacked: StoredRecord[] = [];
  for (let i = 0; i < records.length; i += PAGE_FIELDS) {
    const key = take(records[i + 2]!);
    const value = take(records[i + 3]!);
    const headers = take(records[i + 4]!);
    unpacked.push({
      partition,
      offset: records[i]!,
      timestamp: records[i + 1]!,
      key,
      value,
      headers: headers === null ? {} : (JSON.parse(headers.toString()) as Record<string, string>),
    });
  }
  return { records: unpacked, nextOffset };
}
