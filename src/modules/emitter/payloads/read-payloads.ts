import { constants, type BigIntStats } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { checkPayloadFile, unreadable, type PayloadList } from '../../../core/payload-list.js';
import { payloadsIn } from './find-bounds.js';

/** What changes when a file does. */
export function versionOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** The version of the file that is there now; why there is none, otherwise. */
export async function versionAt(path: string): Promise<string> {
  try {
    return versionOf(await stat(path, { bigint: true }));
  } catch (error) {
    return `none (${(error as NodeJS.ErrnoException).code})`;
  }
}

export interface ReadOptions {
  /** Of the other payload files. */
  otherBytes: number;
  /** Waits for the turn of who parses. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/**
 * Reads a payload file whole from one descriptor. Null when it changed meanwhile: what was read is of no one version.
 * @throws AppError PAYLOAD_FILE_UNUSABLE
 */
export async function readPayloads(
  path: string,
  { otherBytes, inTurn }: ReadOptions,
): Promise<{ version: string; payloads: PayloadList } | null> {
  const whole = await readWhole(path, otherBytes);
  return whole && { version: whole.version, payloads: await inTurn(() => payloadsIn({ ...whole, path })) };
}

async function readWhole(path: string, otherBytes: number) {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw unreadable(error, path);
  });
  try {
    const before = await file.stat({ bigint: true });
    checkPayloadFile(before, path, otherBytes);
    const bytes = await readBytes(file, Number(before.size)).catch((error: unknown) => {
      throw unreadable(error, path);
    });
    const version = versionOf(before);
    const isSame =
      version === versionOf(await file.stat({ bigint: true })) && bytes.length === Number(before.size);
    return isSame ? { version, bytes } : null;
  } finally {
    await file.close();
  }
}

/** At most one byte more than `size`, which shows that the file has grown. */
async function readBytes(file: FileHandle, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(size + 1);
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
