import { AppError } from '../../core/errors.js';
import { elementTexts, skipSpace } from '../../core/json-text.js';
import type { Enrichment } from '../../gateway/enrichment.js';
import { readRecord, type ReadRecord } from '../../gateway/read-record.js';
import { LARGE_VALUE } from '../../http/body-bounds.js';
import type { LargeArray } from '../../http/bounded-json.js';
import type { NewRecord } from '../../ports/record-log.port.js';

/** A body's text, and what it parses to. */
export interface BatchBody {
  text: string;
  value: unknown;
}

/** The batch in request order, and those of its records that are good. */
export interface ReadBatch {
  read: ReadRecord[];
  records: NewRecord[];
}

/** Cuts a batch into its records; the body must be an array of at most `most`. @throws AppError of the whole batch */
export function readBatch(
  { text, value }: BatchBody,
  most: number,
  enrichment: Enrichment,
  now: number,
): ReadBatch {
  if (!Array.isArray(value)) {
    const detail = [{ type: 'list_type', loc: ['body'], msg: 'Input should be a valid list' }];
    throw new AppError('VALIDATION_FAILED', 'The body should be an array of records.', { detail });
  }
  checkLength(value.length, most);
  const texts = [...elementTexts(text, skipSpace(text, 0))];
  const read = value.map((item: unknown, index) =>
    readRecord({ text: texts[index] as string, value: item, at: ['body', index] }, enrichment, now),
  );
  return { read, records: good(read) };
}

/** The same of a large array, with other work done in between. */
export async function readLargeBatch(
  array: LargeArray,
  most: number,
  enrichment: Enrichment,
  now: number,
): Promise<ReadBatch> {
  checkLength(array.length, most);
  const read: ReadRecord[] = [];
  await array.each(LARGE_VALUE, (element, index) =>
    read.push(readRecord({ ...element, at: ['body', index] }, enrichment, now)),
  );
  return { read, records: good(read) };
}

function checkLength(length: number, most: number): void {
  if (length <= most) return;
  throw new AppError(
    'BATCH_TOO_LARGE',
    `A batch has at most ${most} records (BATCH_MAX_RECORDS); this one has ${length}.`,
  );
}

function good(read: readonly ReadRecord[]): NewRecord[] {
  return read.flatMap((item) => (item.ok ? [item.record] : []));
}
