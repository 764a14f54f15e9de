import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';

/**
 * A file's bytes, as much as it had when it was opened. Opened so that no pipe is waited for.
 *
 * @param check throws for what is not to be read; it is asked before a byte is.
 * @throws the file system's errors.
 */
export function readWholeFile(path: string, check: (stat: Stats) => void): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    check(stat);
    const bytes = Buffer.alloc(stat.size);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(file, bytes, filled, bytes.length - filled, null);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}
