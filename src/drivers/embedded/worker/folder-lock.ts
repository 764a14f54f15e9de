import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { PRIVATE_FILE } from '../../../core/durable-file.js';
import { makePrivateFile } from '../../private-storage.js';
import { isBusy, messageOf } from './sqlite-errors.js';

/** SQLite's own lock on an empty file: the operating system drops it when the process dies, however it dies. */
const LOCK_FILE = 'carillon.lock';
/** Who holds the lock, for people. Never the locked file itself: POSIX drops a lock when any handle of it closes. */
const HOLDER_FILE = 'carillon.holder.json';

/** One process per folder: two writers would give the same offset twice. */
export class FolderLock {
  private constructor(
    private readonly folder: string,
    private readonly file: DatabaseSyncInstance,
  ) {}

  /** @throws Error whose sentence names the holder and what to do */
  static take(folder: string): FolderLock {
    const path = join(folder, LOCK_FILE);
    makePrivateFile(path);
    const file = new DatabaseSync(path, { timeout: 0, open: false });
    try {
      file.open();
      file.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      if (file.isOpen) file.close();
      const sentence = isBusy(error)
        ? heldByAnother(folder)
        : `DATA_FOLDER ${folder}: ${LOCK_FILE} cannot be locked (${messageOf(error)}).`;
      throw new Error(sentence, { cause: error });
    }
    sayWhoHolds(folder);
    return new FolderLock(folder, file);
  }

  release(): void {
    rmSync(join(this.folder, HOLDER_FILE), { force: true });
    this.file.close();
  }
}

/** For people only: a full disk must not keep the service from starting. */
function sayWhoHolds(folder: string): void {
  const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
  try {
    writeFileSync(join(folder, HOLDER_FILE), `${JSON.stringify(holder)}\n`, { mode: PRIVATE_FILE });
  } catch {
    // The lock holds without it; another process is then told of "another process".
  }
}

function heldByAnother(folder: string): string {
  return `DATA_FOLDER ${folder} is in use by ${holderOf(folder)}; a folder serves one process. Stop that process, or give this one another DATA_FOLDER.`;
}

function holderOf(folder: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(join(folder, HOLDER_FILE), 'utf8')) as Record<
      string,
      unknown
    >;
    return `process ${String(pid)} on ${String(host)} since ${String(since)}`;
  } catch {
    return 'another process';
  }
}
