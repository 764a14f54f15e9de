import { SqlFailure, type FailureKind } from '../failure.js';
import type { FileError } from './protocol.js';

/** By primary result code: https://www.sqlite.org/rescode.html */
const KINDS: Record<number, FailureKind> = {
  3: 'rights',
  5: 'conflict',
  6: 'conflict',
  8: 'readonly',
  13: 'full',
  18: 'value',
  19: 'value',
  20: 'value',
};
const UNIQUE = new Set([1555, 2067]); // PRIMARYKEY, UNIQUE
const BROKEN =
  'Check that the file and its folder can be read and written, and that the file is one of SQLite.';

export function sqliteFailure({ code, message }: FileError): SqlFailure {
  const cause = new Error(message);
  if (UNIQUE.has(code)) return new SqlFailure('duplicate', cause);
  const kind = KINDS[code & 0xff];
  if (kind) return new SqlFailure(kind, cause);
  if (/no such (table|column)/.test(message)) return new SqlFailure('tables', cause);
  return new SqlFailure('other', cause, `It says: ${message}. ${BROKEN}`);
}
