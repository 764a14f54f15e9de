import { randomUUID } from 'node:crypto';
import { systemClock } from '../../core/clock.js';
import type { Collections } from './documents.js';
import { MIGRATIONS, makeIndexes, makeMonitors, type Migration } from './indexes.js';
import { isDuplicate } from './mongo-error.js';

/** Longer than the indexes of an empty or a large collection take; a holder that died is waited for so long. */
const LOCK_MS = 60_000;
const AGAIN_MS = 100;

/** A newer program's migrations were run. */
export class NewerSchema extends Error {
  constructor(
    readonly found: number,
    readonly known: number,
  ) {
    super(`version ${found} where ${known} is known`);
  }
}

/**
 * Runs the migrations that are pending in order, each once however many processes start. May take LOCK_MS and more.
 * @throws NewerSchema
 */
export async function migrate(
  collections: Collections,
  signal: AbortSignal,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const holder = randomUUID();
  while (!signal.aborted) {
    if ((await pending(collections, migrations)).length === 0) return;
    if (await takeLock(collections, holder)) {
      try {
        await makeMonitors(collections);
        for (const migration of await pending(collections, migrations)) await run(collections, migration);
      } finally {
        await collections.migrations.deleteOne({ _id: 'lock', holder });
      }
      return;
    }
    await systemClock.sleep(AGAIN_MS, signal);
  }
}

/** Those that are not recorded. @throws NewerSchema */
export async function pending(
  { migrations: record }: Collections,
  migrations: readonly Migration[],
): Promise<Migration[]> {
  const done = (await record.findOne({ _id: 'schema' }))?.version ?? 0;
  const known = migrations.at(-1)!.version;
  if (done > known) throw new NewerSchema(done, known);
  return migrations.filter(({ version }) => version > done);
}

async function run(collections: Collections, migration: Migration): Promise<void> {
  const { version } = migration;
  await makeIndexes(collections, migration);
  await collections.migrations.updateOne({ _id: 'schema' }, { $max: { version } }, { upsert: true });
}

/** The lock is a document: whoever inserts it has it, or whoever finds that its time is over. */
async function takeLock({ migrations }: Collections, holder: string): Promise<boolean> {
  const now = Date.now();
  try {
    await migrations.updateOne(
      { _id: 'lock', until: { $lt: now } },
      { $set: { holder, until: now + LOCK_MS } },
      { upsert: true },
    );
    return true;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}
