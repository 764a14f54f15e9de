import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placeFile } from '../../core/durable-file.js';

const FILE = 'carillon.term';

/**
 * Above the numbers of all terms that earlier processes had in this folder, also when the clock was set back between
 * them. Callers have the folder to themselves.
 * @throws Error that names DATA_FOLDER, when the file cannot be read or written
 */
export async function nextTermNumber(folder: string): Promise<number> {
  const file = join(folder, FILE);
  const failed = (what: string) => (error: unknown) => {
    throw new Error(`DATA_FOLDER ${folder}: ${FILE} cannot be ${what} (${String(error)}).`, { cause: error });
  };
  const last = Number(await readFile(file, 'utf8').catch(noneYet).catch(failed('read')));
  // One process has at most one term here; the others' are counted from its own.
  const next = Math.max(Number.isSafeInteger(last) ? last + 1 : 0, Date.now());
  await placeFile(file, `${next}\n`).catch(failed('written'));
  return next;
}

function noneYet(error: NodeJS.ErrnoException): number {
  if (error.code === 'ENOENT') return 0;
  throw error;
}
