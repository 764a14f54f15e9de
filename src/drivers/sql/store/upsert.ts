import { CompiledQuery, sql, type RawBuilder } from 'kysely';
import type { Tools } from '../link.js';
import type { Tables } from '../schema/tables.js';

/** What becomes of a row that is there: by its columns, from what is kept and what is given. */
export type Merge = (
  kept: (column: string) => RawBuilder<never>,
  given: (column: string) => RawBuilder<never>,
) => object;

/** Rows of one statement: SQLite takes 32,766 parameters, PostgreSQL 65,535. */
const MOST_PARAMETERS = 30_000;

/** Inserts rows, or merges them with those that have the same `keys`; in as few statements as it takes. */
export async function upsert<T extends keyof Tables>(
  tools: Tools,
  table: T,
  rows: readonly Tables[T][],
  keys: readonly (keyof Tables[T] & string)[],
  merge: Merge,
): Promise<void> {
  const { db, flavour } = tools;
  if (rows.length === 0) return;
  const set = merge(
    (column) => sql<never>`${sql.ref(`${table}.${column}`)}`,
    (column) => flavour.given(column),
  );
  const one = db.insertInto(table).values(rows[0] as never);
  const query = flavour.hasOnConflict
    ? one.onConflict((conflict) => conflict.columns(keys).doUpdateSet(set))
    : one.onDuplicateKeyUpdate(set);
  await forAll(tools, query.compile().sql, rows);
}

export async function insert<T extends keyof Tables>(
  tools: Tools,
  table: T,
  rows: readonly Tables[T][],
): Promise<void> {
  if (rows.length === 0) return;
  await forAll(
    tools,
    tools.db
      .insertInto(table)
      .values(rows[0] as never)
      .compile().sql,
    rows,
  );
}

/**
 * Runs an insert of one row for all of them: Kysely would take 0.1 ms of the main thread for each. The rows have the
 * same columns in the same order, and the statement no parameters but theirs.
 */
async function forAll({ db }: Tools, statement: string, rows: readonly object[]): Promise<void> {
  const width = Object.keys(rows[0]!).length;
  for (const some of chunks(rows, Math.floor(MOST_PARAMETERS / width))) {
    const text = statement.replace(ONE_ROW, () => ` values ${tuples(statement, width, some.length)}`);
    const parameters = some.flatMap((row) => Object.values(row) as unknown[]);
    await db.executeQuery(CompiledQuery.raw(text, parameters));
  }
}

const ONE_ROW = / values \([?$\d, ]+\)/;

/** `(?, ?), (?, ?)`, or with the numbers that PostgreSQL wants. */
function tuples(statement: string, width: number, rows: number): string {
  const isNumbered = statement.includes('$1');
  let n = 0;
  const tuple = (): string =>
    `(${Array.from({ length: width }, () => (isNumbered ? `$${(n += 1)}` : '?')).join(', ')})`;
  return Array.from({ length: rows }, tuple).join(', ');
}

/** Each column as it is given. */
export function given(columns: readonly string[]): Merge {
  return (_kept, from) => Object.fromEntries(columns.map((column) => [column, from(column)]));
}

export function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
