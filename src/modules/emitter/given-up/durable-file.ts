import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
const TEMPORARY = /^\.[0-9a-f-]{36}\.tmp$/;
/** Of what is for its owner's eyes only. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** Nobody writes for so long: its process is gone. */
const ABANDONED_MS = 3_600_000;

export function errnoOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? '';
}

/** A file that is there whole, after a power cut too, or not at all; one of that name is replaced. Its owner's only. */
export async function placeFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx', FILE_MODE);
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

/** With those above it that are missing, DATA_FOLDER perhaps; one that is there keeps its mode. */
export async function makePrivateFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Of a regular file, at most so many bytes from its beginning. Follows no link and waits for no pipe. */
export async function readBeginning(
  path: string,
  mostBytes: number,
): Promise<{ text: string; all: boolean }> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, mostBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return { text: buffer.toString('utf8', 0, bytesRead), all: size <= mostBytes };
  } finally {
    await file.close();
  }
}

/** Names in a folder that may not be there. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return [];
    throw error;
  });
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Removes what processes left behind that died while they wrote. `now`: milliseconds since the Unix epoch. */
export async function removeAbandoned(folder: string, names: readonly string[], now: number): Promise<void> {
  for (const name of names.filter((one) => TEMPORARY.test(one))) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
    if (now - mtimeMs > ABANDONED_MS) await rm(path, { force: true });
  }
}
