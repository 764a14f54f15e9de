import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

const TEMPORARY = /^\.[0-9a-f-]{36}\.tmp$/;
/** Of what is for its owner's eyes only, whatever the umask. */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;
/** Nobody writes for so long: its process is gone. */
const ABANDONED_MS = 3_600_000;

/** A file that is there whole, after a power cut too, or not at all; one of that name is replaced. Its owner's only. */
export async function placeFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx', PRIVATE_FILE);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

/** @throws ENOENT when it is not there */
export async function removeDurably(path: string): Promise<void> {
  await rm(path);
  await syncFolder(dirname(path));
}

/**
 * With those above it that are missing, DATA_FOLDER perhaps; one that is there keeps its mode. Where a folder above them may
 * be written and not read, when their names are durable is left to the system.
 */
export async function makePrivateFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: PRIVATE_FOLDER });
  if (first === undefined) return;
  for (let made = resolve(path); ; made = dirname(made)) {
    await syncFolder(dirname(made)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EACCES') throw error;
    });
    if (made === resolve(first)) return;
  }
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // it opens no folders, and its file systems keep a journal of names
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes what processes left behind that died while they wrote. `now`: milliseconds since the Unix epoch. */
export async function removeAbandoned(folder: string, names: readonly string[], now: number): Promise<void> {
  for (const name of names.filter((one) => TEMPORARY.test(one))) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
    if (now - mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}
