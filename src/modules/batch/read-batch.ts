import { AppError } from '../../core/errors.js';
import { elementTexts, skipSpace } from '../../core/json-text.js';
import { Pauses } from '../../core/pauses.js';
import type { Enrichment } from '../../gateway/enrichment.js';
import { readLongRecord, readRecord, type ReadRecord } from '../../gateway/read-record.js';
import { LARGE_VALUE } from '../../http/body-bounds.js';
import { LargeArray, LongValue } from '../../http/bounded-json.js';
import type { NewRecord } from '../../ports/record-log.port.js';

/** Records between two looks at the clock. */
const LOOK_EVERY = 32;

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

/**
 * Cuts a batch into its records, with other work done in between; the body must be an array of at most `most`.
 * @throws AppError of the whole batch
 */
export async function readBatch(
  body: BatchBody,
  most: number,
  enrichment: Enrichment,
  now: number,
): Promise<ReadBatch> {
  const { value } = body;
  // What is not JSON at all is told before what is no batch.
  if (value instanceof LongValue) await value.walk();
  if (!Array.isArray(value) && !(value instanceof LargeArray)) {
    const detail = [{ type: 'list_type', loc: ['body'], msg: 'Input should be a valid list' }];
    throw new AppError('VALIDATION_FAILED', 'The body should be an array of records.', { detail });
  }
  checkLength(value.length, most);
  const read = Array.isArray(value)
    ? await readSmall(body.text, value, enrichment, now)
    : await readLarge(value, enrichment, now);
  return { read, records: read.flatMap((item) => (item.ok ? [item.record] : [])) };
}

async function readSmall(
  text: string,
  values: readonly unknown[],
  enrichment: Enrichment,
  now: number,
): Promise<ReadRecord[]> {
  const texts = [...elementTexts(text, skipSpace(text, 0))];
  const read: ReadRecord[] = [];
  const pauses = new Pauses();
  for (const [index, value] of values.entries()) {
    if (index % LOOK_EVERY === 0 && pauses.isDue) await pauses.now();
    read.push(readRecord({ text: texts[index] as string, value, at: ['body', index] }, enrichment, now));
  }
  return read;
}

async function readLarge(array: LargeArray, enrichment: Enrichment, now: number): Promise<ReadRecord[]> {
  const read: ReadRecord[] = [];
  await array.each(LARGE_VALUE, ({ text, value }, index) => {
    const at = ['body', index];
    if (value instanceof LongValue)
      return readLongRecord(value, at, enrichment, now).then((item) => void read.push(item));
    read.push(readRecord({ text, value, at }, enrichment, now));
  });
  return read;
}

function checkLength(length: number, most: number): void {
  if (length <= most) return;
  throw new AppError(
    'BATCH_TOO_LARGE',
    `A batch has at most ${most} records (BATCH_MAX_RECORDS); this one has ${length}.`,
  );
}
