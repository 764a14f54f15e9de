import { MysqlAdapter, MysqlQueryCompiler, sql, type Kysely } from 'kysely';
import { SqlFailure } from '../failure.js';
import { utcText, type ColumnFact, type Flavour } from '../flavour.js';
import type { Tables } from '../schema/tables.js';

/** Compared byte by byte, whatever the database's own collation is. */
const EXACT = 'character set utf8mb4 collate utf8mb4_bin';
const ASCII = 'character set ascii collate ascii_bin';
/** Within the deadline of a statement. */
const LOCK_S = 10;

export const mysql: Flavour = {
  adapter: () => new MysqlAdapter(),
  compiler: () => new MysqlQueryCompiler(),
  begin: 'start transaction',
  canLockRows: true,
  types: {
    monitorId: `char(36) ${ASCII}`,
    uuid: `char(36) ${ASCII}`,
    key: `varchar(255) ${EXACT}`,
    word: `varchar(20) ${ASCII}`,
    text: `text ${EXACT}`,
    int: 'int',
    bigint: 'bigint',
    real: 'double',
    id: `char(36) ${ASCII}`,
    boolean: 'boolean',
    json: 'json',
    time: 'datetime(3)',
  },
  quote: '`',
  inlineIndexes: true,
  tableEnd: ' engine=InnoDB default character set utf8mb4',
  now: sql<number>`floor(timestampdiff(microsecond, '1970-01-01', utc_timestamp(6)) / 1000)`,
  idText: (column) => sql<string>`convert(${sql.ref(column)} using ascii) collate ascii_bin`,
  millis: (column) => sql<number>`(timestampdiff(microsecond, '1970-01-01', ${sql.ref(column)}) / 1000)`,
  isSince: (column, _since, written) => sql<boolean>`${sql.ref(column)} >= ${written}`,
  timeText: utcText,
  contains: (column, text) => sql<boolean>`instr(${sql.ref(column)}, ${text}) > 0`,
  containsAnyCase: (column, text) => sql<boolean>`instr(lower(${sql.ref(column)}), lower(${text})) > 0`,
  given: (column) => sql<never>`values(${sql.ref(column)})`,
  hasOnConflict: false,
  deleteSome: (table, where, limit) =>
    sql`delete from ${sql.table(table)} where ${where} limit ${sql.lit(limit)}`,
  async columns(db, table) {
    const { rows } = await sql<ColumnFact>`
      select column_name as name, column_type as type from information_schema.columns
      where table_schema = database() and table_name = ${table}`.execute(db);
    return rows;
  },
  migrate: (db, work) => db.connection().execute((alone) => locked(alone, work)),
};

/** A statement that changes tables commits by itself there, so the lock is the session's. */
async function locked(db: Kysely<Tables>, work: (db: Kysely<Tables>) => Promise<void>): Promise<void> {
  const name = sql`left(concat('carillon:', database()), 64)`;
  const { rows } = await sql<{ got: number | null }>`select get_lock(${name}, ${LOCK_S}) as got`.execute(db);
  if (Number(rows[0]?.got) !== 1) throw new SqlFailure('conflict');
  try {
    await work(db);
  } finally {
    await sql`select release_lock(${name})`.execute(db).catch(() => undefined);
  }
}
