import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { prepareFile } from './schema.js';

const newFile = () => join(mkdtempSync(join(tmpdir(), 'carillon-')), 'carillon.db');

describe('prepareFile', () => {
  it('makes every commit an fsync: killing a process cannot show that, only these settings do', () => {
    const db = new DatabaseSync(newFile());
    prepareFile(db);
    expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    db.close();
  });

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

  it('refuses a file of a newer format', () => {
    const db = new DatabaseSync(newFile());
    db.exec('PRAGMA user_version = 99');
    expect(() => prepareFile(db)).toThrow(/newer Carillon \(format 99/);
    db.close();
  });
});
