import type { DatabaseSyncInstance } from '@photostructure/sqlite';

const VERSION = 2;

/**
 * `records` is one b-tree in reading order: measured as fast as an append-only table with an index, and no larger.
 * A topic's next offset is its last record's plus one, so nothing else has to be written with a record.
 */
export const FORMAT_1 = `
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

/**
 * A queue's messages are handed out in the order of their ids; those up to `handed_out` have been. A message that waits
 * for its retry has a `due_at`, and gets a new id when it is due: what has an id above the mark was never handed out.
 * Text of publishers is kept as bytes.
 */
const FORMAT_2 = `
  CREATE TABLE queues (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    handed_out INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE bindings (
    queue_id INTEGER NOT NULL REFERENCES queues,
    exchange TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (queue_id, exchange, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    queue_id INTEGER NOT NULL,
    due_at INTEGER,
    timestamp INTEGER NOT NULL,
    exchange TEXT NOT NULL,
    routing_key BLOB NOT NULL,
    message_id BLOB,
    content_type BLOB,
    headers BLOB,
    progress TEXT,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX messages_ready ON messages (queue_id, id) WHERE due_at IS NULL;
  CREATE INDEX messages_waiting ON messages (queue_id, due_at) WHERE due_at IS NOT NULL;
  CREATE TABLE dead_letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue_id INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    died_at INTEGER NOT NULL,
    code TEXT NOT NULL,
    reason TEXT NOT NULL,
    progress TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    exchange TEXT NOT NULL,
    routing_key BLOB NOT NULL,
    message_id BLOB,
    content_type BLOB,
    headers BLOB,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX dead_letters_queue ON dead_letters (queue_id, id);
`;

/** What leads from each format to the next. */
const STEPS = [FORMAT_1, FORMAT_2];

/** Makes the tables; a file of an older format gets what is new. */
export function prepareFile(db: DatabaseSyncInstance): void {
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > VERSION)
    throw new Error(
      `carillon.db was written by a newer Carillon (format ${version}, this one knows ${VERSION})`,
    );
  if (version < VERSION)
    db.exec(`BEGIN IMMEDIATE; ${STEPS.slice(version).join('')} PRAGMA user_version = ${VERSION}; COMMIT`);
}
