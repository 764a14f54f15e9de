import { SqliteAdapter, SqliteQueryCompiler, sql } from 'kysely';
import { utcText, type ColumnFact, type Flavour } from '../flavour.js';

/** Text in the ISO forms that SQLite reads, or a number: seconds below 1e11, else milliseconds. */
function millis(column: string) {
  const time = sql.ref(column);
  return sql<number>`(case when typeof(${time}) = 'text' then unixepoch(${time}, 'subsec') * 1000
    when ${time} < 100000000000 then ${time} * 1000 else ${time} end)`;
}

export const sqlite: Flavour = {
  adapter: () => new SqliteAdapter(),
  compiler: () => new SqliteQueryCompiler(),
  begin: 'begin immediate',
  canLockRows: false,
  types: {
    monitorId: 'text',
    uuid: 'text',
    key: 'text',
    word: 'text',
    text: 'text',
    int: 'integer',
    bigint: 'integer',
    real: 'real',
    id: 'text',
    boolean: 'boolean',
    json: 'text',
    time: 'datetime',
  },
  quote: '"',
  inlineIndexes: false,
  tableEnd: '',
  now: sql<number>`cast(unixepoch('now', 'subsec') * 1000 as integer)`,
  idText: (column) => sql<string>`${sql.ref(column)}`,
  millis,
  // The minute is what an index can find in text of any form, as programs write UTC; one that does not, and is behind
  // it, is left to the full sync. Unlikely: else SQLite reads all in the order of their ids.
  isSince: (column, since, written) =>
    typeof written === 'number'
      ? sql<boolean>`unlikely(${sql.ref(column)} >= ${written})`
      : sql<boolean>`unlikely(${sql.ref(column)} >= ${utcText(since).slice(0, 16)}) and ${millis(column)} + 0.5 >= ${since}`,
  timeText: (ms) => `${utcText(ms)}+00:00`,
  contains: (column, text) => sql<boolean>`instr(${sql.ref(column)}, ${text}) > 0`,
  containsAnyCase: (column, text) =>
    sql<boolean>`instr(any_case(${sql.ref(column)}), ${text.toLowerCase()}) > 0`,
  given: (column) => sql<never>`excluded.${sql.ref(column)}`,
  hasOnConflict: true,
  deleteSome: (table, where, limit) =>
    sql`delete from ${sql.table(table)} where rowid in (select rowid from ${sql.table(table)} where ${where} limit ${sql.lit(limit)})`,
  async columns(db, table) {
    const { rows } = await sql<ColumnFact>`
      select name, lower(type) as type from pragma_table_info(${table})`.execute(db);
    return rows;
  },
  migrate: (db, work) => db.transaction().execute(work),
};
