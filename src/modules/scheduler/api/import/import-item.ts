import { AppError, asAppError } from '../../../../core/errors.js';
import { elementTexts, skipSpace } from '../../../../core/json-text.js';
import { LineSplitter, type Line } from '../../../../core/line-splitter.js';
import { LARGE_VALUE, MANAGEMENT_BODY } from '../../../../http/body-bounds.js';
import { LargeArray, LongValue, parseLine } from '../../../../http/bounded-json.js';

/** One monitor of an import: what it parses to, or why it does not. `at`: its index, or its line (from 1). */
export type ImportItem = { at: number } & ({ value: unknown } | { error: AppError });

export type ImportSource = AsyncIterable<ImportItem> | Iterable<ImportItem>;

/** Of a JSON array: `text` is that of the body. @throws AppError VALIDATION_FAILED, IMPORT_TOO_LARGE, MALFORMED_JSON */
export async function itemsOfArray(
  { value, text }: { value: unknown; text: string },
  most: number,
): Promise<Iterable<ImportItem>> {
  if (value instanceof LongValue) await value.walk();
  if (!Array.isArray(value) && !(value instanceof LargeArray)) {
    const detail = [{ type: 'list_type', loc: ['body'], msg: 'Input should be a valid list' }];
    throw new AppError('VALIDATION_FAILED', 'The body should be an array of monitors.', { detail });
  }
  if (value.length > most) throw tooLarge(most);
  if (Array.isArray(value)) return itemsOfTexts(elementTexts(text, skipSpace(text, 0)));
  // All of it is JSON before any of it is done.
  await value.each(LARGE_VALUE, ({ value: each }) =>
    each instanceof LongValue ? each.walk().then(() => undefined) : undefined,
  );
  return itemsOfTexts(value.texts());
}

function* itemsOfTexts(texts: Iterable<string>): Generator<ImportItem> {
  let at = 0;
  for (const text of texts) {
    yield itemOf({ number: at, text });
    at += 1;
  }
}

/** Of lines, as their bytes come. */
export async function* itemsOfLines(
  chunks: AsyncIterable<Buffer>,
  splitter: LineSplitter,
): AsyncGenerator<ImportItem> {
  try {
    for await (const chunk of chunks) for (const line of splitter.push(chunk)) yield itemOf(line);
    for (const line of splitter.end()) yield itemOf(line);
  } finally {
    splitter.release();
  }
}

function itemOf(line: Line): ImportItem {
  const at = line.number;
  if ('error' in line) return { at, error: line.error };
  if ('bytes' in line) return { at, error: tooLong() };
  try {
    return { at, value: parseMonitor(line.text) };
  } catch (error) {
    return { at, error: asAppError(error) };
  }
}

/** One monitor has the bounds of a body of its own. */
function parseMonitor(text: string): unknown {
  if (Buffer.byteLength(text) > MANAGEMENT_BODY.bytes) throw tooLong();
  return parseLine(text, MANAGEMENT_BODY);
}

function tooLong(): AppError {
  return new AppError('BODY_TOO_LARGE', `A monitor has at most ${MANAGEMENT_BODY.bytes / 1024} KiB of JSON.`);
}

export function tooLarge(most: number): AppError {
  const text = `An import has at most ${most} monitors (MONITORS_IMPORT_MAX): nothing was taken. Divide it.`;
  return new AppError('IMPORT_TOO_LARGE', text);
}
