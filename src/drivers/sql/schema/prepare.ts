import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import { SqlFailure } from '../failure.js';
import type { Flavour } from '../flavour.js';
import { readLayout, type Layout } from './layout.js';
import {
  MIGRATIONS,
  pendingSteps,
  scriptOf,
  stepsOf,
  takeSteps,
  type Migration,
  type Step,
} from './migrations.js';
import type { Tables } from './tables.js';

export interface PrepareOptions {
  flavour: Flavour;
  /** Whether migrations are run. */
  mayMake: boolean;
  logger: Logger;
  /** Those of this version, unless a test says otherwise. */
  migrations?: readonly Migration[];
}

/**
 * Runs the migrations that are pending, once however many processes start, and reads how `monitors` is made.
 * @throws SqlFailure `tables` when none may be run and one is pending; `schema` when a newer program's were run
 */
export async function prepareSchema(db: Kysely<Tables>, options: PrepareOptions): Promise<Layout> {
  const { flavour, mayMake, migrations = MIGRATIONS } = options;
  const steps = await pendingSteps(db, flavour, migrations);
  if (steps.length > 0) {
    if (!mayMake) throw lacking(steps);
    await migrate(db, options).catch((error: unknown) => {
      if (error instanceof SqlFailure && error.kind === 'rights') throw forbidden(error, steps);
      throw error;
    });
  }
  return readLayout(db, flavour);
}

function migrate(db: Kysely<Tables>, options: PrepareOptions): Promise<void> {
  const { flavour, logger, migrations = MIGRATIONS } = options;
  return flavour.migrate(db, async (alone) => {
    const steps = await pendingSteps(alone, flavour, migrations); // another process may have been first
    await takeSteps(alone, flavour, steps);
    const names = steps.flatMap((step) => step.names);
    const versions = steps.flatMap(({ version }) => version ?? []);
    if (names.length > 0)
      logger.info({ names, versions }, `Tables that were made in the database: ${names.join(', ')}.`);
  });
}

/** With DB_SYNC=off: what to run. */
function lacking(steps: readonly Step[]): SqlFailure {
  const names = steps.flatMap((step) => step.names);
  const versions = steps.flatMap(({ version }) => version ?? []);
  const what = names.length > 0 ? names.join(', ') : `record of version ${versions.join(', ')}`;
  const advice = `With DB_SYNC=off nothing is made, and it has no ${what}. Set DB_SYNC=own, or run this:\n${script(steps)}`;
  return new SqlFailure('tables', undefined, advice);
}

/** With DB_SYNC=off: of a database where nothing is. */
export function lackingAll(flavour: Flavour): SqlFailure {
  return lacking(stepsOf(flavour, MIGRATIONS));
}

function forbidden(cause: SqlFailure, steps: readonly Step[]): SqlFailure {
  const advice = `Let DB_USER create tables, or run this as somebody who may:\n${script(steps)}`;
  return new SqlFailure('rights', cause.cause, advice);
}

function script(steps: readonly Step[]): string {
  return scriptOf(steps, Date.now());
}
