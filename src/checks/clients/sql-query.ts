import { z } from 'zod';

const READS = ['SELECT', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN', 'WITH', 'VALUES'];

/** More rows than these are neither read nor counted. */
export const MOST_ROWS = 1_000;

/** A query that only reads; the check runs it in a read-only transaction besides. */
export function queryField() {
  return z
    .string()
    .trim()
    .max(10_000)
    .refine(
      (query) => query === '' || READS.some((word) => new RegExp(`^${word}\\b`, 'i').test(query)),
      `must begin with ${READS.join(', ')}`,
    )
    .optional()
    .transform((query) => query || 'SELECT 1')
    .describe(`What to ask, one statement that begins with ${READS.join(', ')}. Default: SELECT 1.`);
}

export function rowsMessage(rows: number): string {
  if (rows > MOST_ROWS) return `The query answers, with more than ${MOST_ROWS} rows.`;
  return `The query answers, with ${rows} row${rows === 1 ? '' : 's'}.`;
}
