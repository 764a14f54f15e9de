import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { makePrivateFile } from './private-storage.js';

const PIECE_BYTES = 1024 * 1024;

export interface SqliteFileOptions {
  /** How long another process may hold the file, milliseconds. */
  busyMs: number;
  /** Pages that are kept in memory. */
  cacheKib: number;
}

/**
 * Opens a file of SQLite whose commits are durable, and makes it where it is absent, for this user alone. What a reader of
 * it sees is on disk, also after an fsync that failed. @throws SQLite's errors, and those of the file system
 */
export function openSqliteFile(path: string, { busyMs, cacheKib }: SqliteFileOptions): DatabaseSyncInstance {
  makePrivateFile(path);
  const db = new DatabaseSync(path, { timeout: busyMs });
  try {
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec('PRAGMA wal_autocheckpoint = 4096');
    db.exec('PRAGMA journal_size_limit = 67108864');
    db.exec(`PRAGMA cache_size = -${cacheKib}`);
    writeLogAnew(db, `${path}-wal`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * An fsync of the log that failed leaves its pages in the cache, where no later fsync writes them: SQLite, when it opens
 * the file, reads them as if they were durable, and what it commits behind them is lost with them in a power cut.
 * Source: Rebello et al., Can Applications Recover from fsync Failures?, USENIX ATC 2020. So that what there is of a log is
 * written once more, in its place, and is on disk before anything is built on it.
 */
function writeLogAnew(db: DatabaseSyncInstance, log: string): void {
  db.exec('BEGIN IMMEDIATE'); // nobody appends meanwhile
  try {
    const fd = openSync(log, 'r+');
    try {
      rewrite(fd);
    } finally {
      closeSync(fd); // drops no lock: SQLite has none on its log
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    db.exec('ROLLBACK');
  }
}

function rewrite(fd: number): void {
  const piece = Buffer.alloc(PIECE_BYTES);
  let at = 0;
  for (;;) {
    const length = readSync(fd, piece, 0, piece.length, at);
    if (length === 0) break;
    for (let done = 0; done < length;) done += writeSync(fd, piece, done, length - done, at + done);
    at += length;
  }
  if (at > 0) fsyncSync(fd);
}
