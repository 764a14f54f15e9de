import type { DatabaseSyncInstance } from '@photostructure/sqlite';

const VERSION = 1;

/**
 * `records` is one b-tree in reading order: measured as fast as an append-only table with an index, and no larger.
 * A topic's next offset is its last record's plus one, so nothing else has to be written with a record.
 */
const TABLES = `
  CREATE TABLE topics (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    partitions INTEGER NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE records (
    topic_id INTEGER NOT NULL,
    partition INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    key BLOB,
    value BLOB,
    headers BLOB,
    PRIMARY KEY (topic_id, partition, offset)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE keys (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'settled', 'unknown')),
    owner TEXT NOT NULL,
    send TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX keys_expiry ON keys (expires_at);
`;

/** Settings that make a commit durable, and the tables where there are none yet. */
export function prepareFile(db: DatabaseSyncInstance): void {
  db.exec('PRAGMA journal_mode = WAL');
  db.exec('PRAGMA synchronous = FULL');
  db.exec('PRAGMA wal_autocheckpoint = 4096');
  db.exec('PRAGMA journal_size_limit = 67108864');
  db.exec('PRAGMA cache_size = -16384');
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > VERSION)
    throw new Error(
      `carillon.db was written by a newer Carillon (format ${version}, this one knows ${VERSION})`,
    );
  if (version === 0) db.exec(`BEGIN IMMEDIATE; ${TABLES} PRAGMA user_version = ${VERSION}; COMMIT`);
}
