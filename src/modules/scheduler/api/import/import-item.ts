import { AppError } from '../../../../core/errors.js';
import { LineSplitter, type Line } from '../../../../core/line-splitter.js';

/** One monitor of an import: what it parses to, or why it does not. `at`: its index, or its line (from 1). */
export type ImportItem = { at: number } & ({ value: unknown } | { error: AppError });

export type ImportSource = AsyncIterable<ImportItem> | Iterable<ImportItem>;

/** Of a JSON array. @throws AppError VALIDATION_FAILED, IMPORT_TOO_LARGE */
export function itemsOfArray(value: unknown, most: number): ImportItem[] {
  if (!Array.isArray(value)) {
    const detail = [{ type: 'list_type', loc: ['body'], msg: 'Input should be a valid list' }];
    throw new AppError('VALIDATION_FAILED', 'The body should be an array of monitors.', { detail });
  }
  if (value.length > most) throw tooLarge(most);
  return value.map((item: unknown, at) => ({ at, value: item }));
}

/** Of lines, as their bytes come. */
export async function* itemsOfLines(
  chunks: AsyncIterable<Buffer>,
  splitter: LineSplitter,
): AsyncGenerator<ImportItem> {
  try {
    for await (const chunk of chunks) yield* splitter.push(chunk).map(itemOf);
    yield* splitter.end().map(itemOf);
  } finally {
    splitter.release();
  }
}

function itemOf(line: Line): ImportItem {
  if ('error' in line) return { at: line.number, error: line.error };
  try {
    return { at: line.number, value: JSON.parse(line.text) };
  } catch {
    return { at: line.number, error: new AppError('MALFORMED_JSON', 'The line is not valid JSON.') };
  }
}

export function tooLarge(most: number): AppError {
  const text = `An import has at most ${most} monitors (MONITORS_IMPORT_MAX): nothing was taken. Divide it.`;
  return new AppError('IMPORT_TOO_LARGE', text);
}
