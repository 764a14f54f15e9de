import { closeSync, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { PRIVATE_FILE } from '../core/durable-file.js';

const FOR_OTHERS = 0o007;

/**
 * Makes the empty file that SQLite is about to open, as SQLite would make it by the umask; `-wal` and `-shm` get the
 * mode of the file beside them. One that is there is not touched: closing any handle of it would drop SQLite's locks.
 */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', PRIVATE_FILE));
  } catch {
    // It is there, or cannot be made: then SQLite says why.
  }
}

/** A folder that was there keeps its mode; the group may have rights, as a volume of Kubernetes needs them (fsGroup). */
export async function warnOfOpenFolder(folder: string, logger: Logger): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (!found || (found.mode & FOR_OTHERS) === 0) return;
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  logger.warn(
    `DATA_FOLDER ${folder} is open to other users of this machine (mode ${mode}): it holds secrets of monitors and messages. Run chmod 700 on it.`,
  );
}
