import { sql, type Kysely } from 'kysely';
import { SqlFailure } from '../failure.js';
import type { ColumnFact, Flavour } from '../flavour.js';
import type { MonitorsTable, Tables } from './tables.js';

type Column = keyof MonitorsTable;

const NEEDED: readonly Column[] = [
  'id',
  'type',
  'name',
  'interval',
  'active',
  'status',
  'config',
  'created_at',
  'updated_at',
];
/** Those that a table of an older program may lack. */
const OTHERS: readonly Column[] = [
  'timeout',
  'max_retries',
  'retry_interval',
  'resend_interval',
  'proxy_id',
  'push_token',
];

/** How the table `monitors` is made here. */
export interface Layout {
  /** Those of the contract's that are there. */
  columns: readonly Column[];
  /** The smallest difference between two times that it can hold, milliseconds. */
  unitMs: number;
  /** Milliseconds since the Unix epoch as it has them. */
  time(ms: number): string | number;
}

/** @throws SqlFailure `tables` when it lacks what nobody can do without */
export async function readLayout(db: Kysely<Tables>, flavour: Flavour): Promise<Layout> {
  const facts = await flavour.columns(db, 'monitors');
  const types = new Map(facts.map(({ name, type }) => [name.toLowerCase(), type.toLowerCase()]));
  const lacking = NEEDED.filter((name) => !types.has(name));
  if (lacking.length > 0) {
    const what = lacking.length === 1 ? 'the column' : 'the columns';
    throw new SqlFailure('tables', undefined, `Its table monitors lacks ${what} ${lacking.join(', ')}.`);
  }
  const columns = [...NEEDED, ...OTHERS].filter((name) => types.has(name));
  const type = types.get('updated_at')!;
  if (!isNumber(type)) return { columns, unitMs: unitOf(type, flavour), time: (ms) => flavour.timeText(ms) };
  const inSeconds = await hasSeconds(db);
  return { columns, unitMs: inSeconds ? 1000 : 1, time: (ms) => (inSeconds ? Math.floor(ms / 1000) : ms) };
}

function isNumber(type: ColumnFact['type']): boolean {
  return /int|numeric|real/.test(type);
}

/** `datetime` of MySQL has whole seconds, `timestamp` of PostgreSQL microseconds; SQLite what was written. */
function unitOf(type: string, { types }: Flavour): number {
  const precision = /\((\d)\)/.exec(type)?.[1];
  if (precision !== undefined) return 10 ** Math.max(0, 3 - Number(precision));
  return types.time === 'datetime(3)' ? 1000 : 1;
}

async function hasSeconds(db: Kysely<Tables>): Promise<boolean> {
  const { rows } = await sql<{ last: unknown }>`select max(updated_at) as last from monitors`.execute(db);
  const last = Number(rows[0]?.last ?? 0);
  return last > 0 && last < 1e11;
}
