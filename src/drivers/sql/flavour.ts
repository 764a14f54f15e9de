import type { DialectAdapter, Kysely, QueryCompiler, RawBuilder } from 'kysely';
import type { Tables } from './schema/tables.js';

/** A column as the database has it. */
export interface ColumnFact {
  name: string;
  /** Lower case, with its precision where it has one: `datetime(6)`, `timestamp(0) without time zone`. */
  type: string;
}

/** Types of our own tables. */
export interface ColumnTypes {
  monitorId: string;
  uuid: string;
  /** Of at most 255 characters, compared byte by byte. */
  key: string;
  /** Of a few letters. */
  word: string;
  text: string;
  int: string;
  bigint: string;
  real: string;
  /** From here on of the contract's table. */
  id: string;
  boolean: string;
  json: string;
  time: string;
}

/** What differs between databases, so that there is one set of queries. */
export interface Flavour {
  adapter: () => DialectAdapter;
  compiler: () => QueryCompiler;
  /** Begins a transaction that writes. */
  begin: string;
  /** What reads rows to change them ends with. */
  canLockRows: boolean;
  types: ColumnTypes;
  /** What a name is put between. */
  quote: string;
  /** MySQL cannot make an index if it is absent: it is made with its table. */
  inlineIndexes: boolean;
  /** After the closing parenthesis of a table of ours. */
  tableEnd: string;
  /** The database's clock, milliseconds since the Unix epoch. */
  now: RawBuilder<number>;
  /** A column of the contract's table as text that compares with ours. */
  idText(column: string): RawBuilder<string>;
  /** A time of the contract's table in milliseconds since the Unix epoch. */
  millis(column: string): RawBuilder<number>;
  /** Whether a time of the contract's table is at or after `since`; `written`: `since` as that table has times. */
  isSince(column: string, since: number, written: string | number): RawBuilder<boolean>;
  /** A time as that table has it. */
  timeText(ms: number): string;
  /** Whether the column has the text within it. */
  contains(column: string, text: string): RawBuilder<boolean>;
  containsAnyCase(column: string, text: string): RawBuilder<boolean>;
  /** What an upsert would have inserted. */
  given(column: string): RawBuilder<never>;
  hasOnConflict: boolean;
  /** Deletes at most `limit` rows of which the column is below. */
  deleteSome(table: string, where: RawBuilder<unknown>, limit: number): RawBuilder<unknown>;
  /** Empty where there is no such table. */
  columns(db: Kysely<Tables>, table: string): Promise<ColumnFact[]>;
  /** Runs `work` on one connection while no other process runs its own. */
  migrate(db: Kysely<Tables>, work: (db: Kysely<Tables>) => Promise<void>): Promise<void>;
}

/** 2026-03-04 05:06:07.089 */
export function utcText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
}
