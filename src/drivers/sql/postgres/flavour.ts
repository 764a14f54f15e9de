import { PostgresAdapter, PostgresQueryCompiler, sql } from 'kysely';
import { utcText, type ColumnFact, type Flavour } from '../flavour.js';

/** Any number that is ours: see pg_advisory_xact_lock. */
const LOCK = 727_274_701;

export const postgres: Flavour = {
  adapter: () => new PostgresAdapter(),
  compiler: () => new PostgresQueryCompiler(),
  begin: 'begin',
  canLockRows: true,
  types: {
    monitorId: 'varchar(36) collate "C"',
    uuid: 'varchar(36) collate "C"',
    key: 'varchar(255) collate "C"',
    word: 'varchar(20)',
    text: 'text',
    int: 'integer',
    bigint: 'bigint',
    real: 'double precision',
    id: 'uuid',
    boolean: 'boolean',
    json: 'json',
    time: 'timestamptz',
  },
  quote: '"',
  inlineIndexes: false,
  tableEnd: '',
  now: sql<number>`floor(extract(epoch from clock_timestamp()) * 1000)`,
  idText: (column) => sql<string>`cast(${sql.ref(column)} as text) collate "C"`,
  millis: (column) => sql<number>`extract(epoch from ${sql.ref(column)}) * 1000`,
  isSince: (column, _since, written) => sql<boolean>`${sql.ref(column)} >= ${written}`,
  timeText: (ms) => `${utcText(ms)}+00`,
  contains: (column, text) => sql<boolean>`strpos(${sql.ref(column)}, ${text}) > 0`,
  containsAnyCase: (column, text) => sql<boolean>`strpos(lower(${sql.ref(column)}), lower(${text})) > 0`,
  given: (column) => sql<never>`excluded.${sql.ref(column)}`,
  hasOnConflict: true,
  deleteSome: (table, where, limit) =>
    sql`delete from ${sql.table(table)} where ctid = any(array(select ctid from ${sql.table(table)} where ${where} limit ${sql.lit(limit)}))`,
  async columns(db, table) {
    const { rows } = await sql<ColumnFact>`
      select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = to_regclass(${table}) and attnum > 0 and not attisdropped`.execute(db);
    return rows;
  },
  migrate: (db, work) =>
    db.transaction().execute(async (within) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(within);
      await work(within);
    }),
};
