const BUSY = 5;
const FULL = 13;

/** SQLite's primary result code of a thrown error; undefined when it is another error. */
function resultCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === 'number' ? code & 0xff : undefined;
}

/** Another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY;
}

/** No room: the disk, or the file's own bound. Nothing of the transaction is in the file. */
export function isFull(error: unknown): boolean {
  return resultCode(error) === FULL;
}

const STORAGE_TROUBLE = new Set([
  7, // NOMEM
  8, // READONLY
  10, // IOERR
  11, // CORRUPT
  FULL,
  14, // CANTOPEN
  26, // NOTADB
]);

/** The storage failed, whatever was to be written: trying the parts one by one would not help. */
export function isStorageTrouble(error: unknown): boolean {
  const code = resultCode(error);
  return code !== undefined && STORAGE_TROUBLE.has(code);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
