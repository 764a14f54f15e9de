// Usage: node sqlite-writer.mjs FILE SYNCHRONOUS   inserts one row a transaction in WAL mode, and prints its number after
// the commit, until it is killed.
import { DatabaseSync } from '@photostructure/sqlite';

const [file, synchronous] = process.argv.slice(2);
const db = new DatabaseSync(file);
db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA wal_autocheckpoint = 50`);
db.exec('CREATE TABLE IF NOT EXISTS rows (n INTEGER PRIMARY KEY, filler TEXT NOT NULL)');
const insert = db.prepare('INSERT INTO rows (filler) VALUES (?)');
for (;;) process.stdout.write(`${insert.run('x'.repeat(300)).lastInsertRowid}\n`);
