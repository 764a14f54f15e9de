import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { Broker } from './broker.js';
import { RecordTable } from './record-table.js';
import { FORMAT_1, prepareFile } from './schema.js';
import { TopicTable } from './topic-table.js';

const newFile = () => join(mkdtempSync(join(tmpdir(), 'carillon-')), 'carillon.db');

describe('prepareFile', () => {
  it('leaves a file as it is that has its tables', () => {
    const file = newFile();
    for (const topics of [0, 1, 2]) {
      const db = new DatabaseSync(file);
      prepareFile(db);
      expect(db.prepare('SELECT count(*) AS topics FROM topics').get()).toEqual({ topics });
      db.prepare('INSERT INTO topics (name, partitions, created_at) VALUES (?, 1, 1)').run(`t${topics}`);
      db.close();
    }
  });

  it('adds to a file of format 1 what is new, and leaves what it holds', () => {
    const db = new DatabaseSync(newFile());
    db.exec(`${FORMAT_1} PRAGMA user_version = 1`);
    db.exec("INSERT INTO topics (name, partitions, created_at) VALUES ('t', 1, 1)");
    db.exec("INSERT INTO records VALUES (1, 0, 7, 1, NULL, CAST('value' AS BLOB), NULL)");
    db.exec(
      "INSERT INTO keys (key, fingerprint, state, owner, created_at, expires_at) VALUES ('k', 'f', 'settled', 'o', 1, 2)",
    );
    prepareFile(db);
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 });
    const records = new RecordTable(db, new TopicTable(db, 1));
    expect(records.offsets({ topic: 't' })).toEqual([{ partition: 0, earliest: 7, next: 8 }]);
    expect(db.prepare('SELECT count(*) AS keys FROM keys').get()).toEqual({ keys: 1 });
    expect(new Broker(db, 10).look({ id: 1, op: 'count', ask: null })).toBe(0);
    db.close();
  });

  it('makes the same tables of a file of format 1 and of none', () => {
    const [older, none] = [new DatabaseSync(newFile()), new DatabaseSync(newFile())];
    older.exec(`${FORMAT_1} PRAGMA user_version = 1`);
    const [first, second] = [older, none].map((db) => {
      prepareFile(db);
      const tables = db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all();
      db.close();
      return tables;
    });
    expect(first).toEqual(second);
  });

  it('refuses a file of a newer format', () => {
    const db = new DatabaseSync(newFile());
    db.exec('PRAGMA user_version = 99');
    expect(() => prepareFile(db)).toThrow(/newer Carillon \(format 99/);
    db.close();
  });
});
