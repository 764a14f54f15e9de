import {
  closeSync,
  constants,
  fsync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';

/** Of messages: for this user and the readers in its group. What was there keeps its mode; a narrower umask counts. */
export const FOLDER_MODE = 0o750;
export const FILE_MODE = 0o640;

const NEW_FILE = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
/** So many fsyncs at once: the file system commits them together, and others who need Node's four file threads wait little. */
const LANES = 16;
const flush = promisify(fsync);

export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** What `action` answers; undefined where it fails with one of `codes`. */
export function unless<T>(codes: readonly string[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (codes.includes(codeOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** Removes a file that may be gone. */
export function removeFile(path: string): void {
  unless(['ENOENT'], () => unlinkSync(path));
}

/** Lists a folder that may be gone. */
export function namesIn(folder: string): string[] {
  return unless(['ENOENT', 'ENOTDIR'], () => readdirSync(folder)) ?? [];
}

/** Makes a folder that may be there; true when it was not. */
export function makeFolder(path: string): boolean {
  return unless(['EEXIST'], () => (mkdirSync(path, FOLDER_MODE), true)) ?? false;
}

/** Makes a folder and those that lead to it. Returns the folders that got a new entry, which is not durable yet. */
export function makeFolders(path: string): string[] {
  const first = mkdirSync(path, { recursive: true, mode: FOLDER_MODE });
  const changed: string[] = [];
  if (first === undefined) return changed;
  for (let at = resolve(path); ; at = dirname(at)) {
    changed.push(dirname(at));
    if (at === resolve(first)) return changed;
  }
}

/** False when something has that name already. Atomic, also between processes. */
export function linkNew(existing: string, path: string): boolean {
  return unless(['EEXIST'], () => (linkSync(existing, path), true)) ?? false;
}

/** Unlike existsSync, true for a link that leads nowhere, and it throws what keeps it from looking. */
export function isTaken(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

export function writeAll(fd: number, content: Uint8Array): void {
  let at = 0;
  // A disk that is nearly full takes a part, and refuses the rest.
  while (at < content.length) at += writeSync(fd, content, at);
}

/** Makes things outlive a power cut, or (PROCESSOR_FSYNC=off) leaves that to the system. */
export class Durability {
  constructor(private readonly on: boolean) {}

  /** Writes a new file; answers what `files` makes durable. */
  write(path: string, content: Uint8Array): number | null {
    const fd = openSync(path, NEW_FILE, FILE_MODE);
    try {
      // ext4 (auto_da_alloc) begins to write a file that was truncated as soon as it is closed, so that the fsyncs of
      // many files share a journal commit: three times the files a second. Elsewhere it changes nothing.
      if (this.on) ftruncateSync(fd, 0);
      writeAll(fd, content);
    } finally {
      closeSync(fd);
    }
    return this.reopen(path);
  }

  /** Takes what `write` or `reopen` answered; closes all of them, whatever happens. */
  async files(descriptors: readonly (number | null)[]): Promise<void> {
    const waiting = descriptors.filter((fd) => fd !== null);
    const lane = async () => {
      for (let fd = waiting.pop(); fd !== undefined; fd = waiting.pop()) {
        try {
          await flush(fd);
        } finally {
          closeSync(fd);
        }
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: LANES }, lane));
    for (const fd of waiting) closeSync(fd);
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
  }

  /** Something that is there already, for `files`. */
  reopen(path: string): number | null {
    return this.on ? openSync(path, constants.O_RDONLY) : null;
  }

  /** What was created, linked or removed in these folders; one that somebody tidied away has nothing to keep. */
  folders(paths: Iterable<string>): Promise<void> {
    const open = Array.from(paths, (path) => unless(['ENOENT'], () => this.reopen(path)));
    return this.files(open.map((fd) => fd ?? null));
  }

  /** `write`, and durable on return. */
  writeNow(path: string, content: Uint8Array): void {
    flushNow(this.write(path, content));
  }

  /** `folders`, and durable on return. */
  foldersNow(paths: Iterable<string>): void {
    for (const path of paths) flushNow(this.reopen(path));
  }
}

function flushNow(fd: number | null): void {
  if (fd === null) return;
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
