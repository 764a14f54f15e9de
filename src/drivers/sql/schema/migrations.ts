import { sql, type Kysely } from 'kysely';
import { SqlFailure } from '../failure.js';
import type { Flavour } from '../flavour.js';
import { addColumn, statementsOf, type Column, type Table } from './statements.js';
import type { Tables } from './tables.js';
import { monitorsTable, tablesOfVersion1 } from './version-1.js';

/**
 * One step of our tables' form. What it makes is looked for first, since MySQL commits every statement by itself: a
 * process that died half-way left half of it, and the next one goes on. A released one is never edited.
 */
export interface Migration {
  version: number;
  tables?: (flavour: Flavour) => Table[];
  /** Columns that tables of earlier versions get. */
  columns?: (flavour: Flavour) => [table: string, column: Column][];
}

/** In order, each run once: see carillon_migrations. `monitors` is the contract's, and has no version. */
export const MIGRATIONS: readonly Migration[] = [{ version: 1, tables: tablesOfVersion1 }];

/** What is absent of a migration. */
export interface Step {
  /** To be recorded afterwards; null: it was, and somebody dropped what it made. */
  version: number | null;
  /** Of tables, or of columns with their table. */
  names: string[];
  statements: string[];
}

interface Known {
  /** Columns by table. */
  there: ReadonlyMap<string, ReadonlySet<string>>;
  /** Versions that are recorded. */
  done: ReadonlySet<number>;
}

/** @throws SqlFailure `schema` when a newer program's migrations were run */
export async function pendingSteps(
  db: Kysely<Tables>,
  flavour: Flavour,
  migrations: readonly Migration[],
): Promise<Step[]> {
  const done = await recorded(db, flavour);
  refuseNewer(done, migrations);
  const there = new Map<string, Set<string>>();
  const names = [CONTRACT, ...migrations]
    .flatMap(({ tables }) => tables?.(flavour) ?? [])
    .map(({ name }) => name);
  for (const name of names)
    there.set(name, new Set((await flavour.columns(db, name)).map((column) => column.name)));
  return stepsOf(flavour, migrations, { there, done });
}

/** Of a database of which this is known; without it, of one where nothing is. */
export function stepsOf(
  flavour: Flavour,
  migrations: readonly Migration[],
  known: Known = { there: new Map(), done: new Set() },
): Step[] {
  const steps = [CONTRACT, ...migrations].map((migration) => stepOf(flavour, migration, known));
  return steps.filter(({ version, names }) => version !== null || names.length > 0);
}

function stepOf(flavour: Flavour, { version, tables, columns }: Migration, { there, done }: Known): Step {
  const isRecorded = version === CONTRACT.version || done.has(version);
  const step: Step = { version: isRecorded ? null : version, names: [], statements: [] };
  const absent = (tables?.(flavour) ?? []).filter(({ name }) => (there.get(name)?.size ?? 0) === 0);
  for (const table of absent) {
    step.names.push(table.name);
    step.statements.push(...statementsOf(table, flavour));
  }
  const lacking = (columns?.(flavour) ?? []).filter(([table, [name]]) => !there.get(table)?.has(name));
  for (const [table, column] of lacking) {
    step.names.push(`${table}.${column[0]}`);
    step.statements.push(addColumn(table, column, flavour));
  }
  return step;
}

/** The contract's own table is made where it is absent, and never changed. */
const CONTRACT: Migration = { version: 0, tables: (flavour) => [monitorsTable(flavour)] };

async function recorded(db: Kysely<Tables>, flavour: Flavour): Promise<Set<number>> {
  if ((await flavour.columns(db, 'carillon_migrations')).length === 0) return new Set();
  const rows = await db.selectFrom('carillon_migrations').select('version').execute();
  return new Set(rows.map(({ version }) => Number(version)));
}

function refuseNewer(done: ReadonlySet<number>, migrations: readonly Migration[]): void {
  const [newest, own] = [Math.max(0, ...done), migrations.at(-1)!.version];
  if (newest <= own) return;
  const advice = `They are of version ${newest}, and this program knows version ${own}: start the newer program, or name another database.`;
  throw new SqlFailure('schema', undefined, advice);
}

/** What has to be run by hand, the record of the versions included. */
export function scriptOf(steps: readonly Step[], nowMs: number): string {
  const lines = steps.flatMap(({ version, statements }) =>
    version === null
      ? statements
      : [
          ...statements,
          `insert into carillon_migrations (version, applied_at) values (${version}, ${nowMs})`,
        ],
  );
  return lines.map((line) => `${line};`).join('\n');
}

/** Takes one step after the other, and records each version when it is reached. */
export async function takeSteps(db: Kysely<Tables>, flavour: Flavour, steps: readonly Step[]): Promise<void> {
  for (const { version, statements } of steps) {
    for (const statement of statements) await sql.raw(statement).execute(db);
    if (version === null) continue;
    const { rows } = await sql<{ now: number }>`select ${flavour.now} as now`.execute(db);
    const applied_at = Math.floor(Number(rows[0]!.now));
    await db.insertInto('carillon_migrations').values({ version, applied_at }).execute();
  }
}
