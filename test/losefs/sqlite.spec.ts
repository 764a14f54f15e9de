import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { DatabaseSync } from '@photostructure/sqlite';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describeWithServers } from '../support/servers/index.js';
import { Disk } from './support.js';

const TEST_MS = 60_000;
const WRITER = fileURLToPath(new URL('./sqlite-writer.mjs', import.meta.url));

describeWithServers(['losefs'], 'losefs under SQLite in WAL mode', () => {
  let disk: Disk;
  let writer: ChildProcess | undefined;
  beforeEach(async () => {
    disk = await Disk.start();
  });
  afterEach(async () => {
    writer?.kill('SIGKILL');
    await disk.stop();
  });

  /** Kills it after `rows` commits were told, cuts the power, and opens what is left. */
  async function cutAfter(rows: number, synchronous: string) {
    const path = disk.at('rows.db');
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const child = (writer = spawn(process.execPath, [WRITER, path, synchronous], { stdio: [...stdio] }));
    let told = 0;
    const lines = createInterface({ input: child.stdout });
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        told = Number(line);
        if (told === rows) resolve();
      });
      child.once('exit', () => reject(new Error('the writer ended')));
    });
    const maps = readFileSync(`/proc/${child.pid}/maps`, 'utf8');
    await disk.losefs.freeze();
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await disk.losefs.crash(1, 'none');
    await closed;
    const db = new DatabaseSync(join(disk.losefs.disk, 'rows.db'));
    try {
      const integrity = db.prepare('PRAGMA integrity_check').get() as { integrity_check: string };
      const { count } = db.prepare('SELECT count(*) AS count FROM rows').get() as { count: number };
      return { told, count, maps, integrity: integrity.integrity_check };
    } finally {
      db.close();
    }
  }

  it(
    'keeps every commit that was told with synchronous=FULL; its index is a memory map',
    async () => {
      const { told, count, maps, integrity } = await cutAfter(200, 'FULL');
      expect(integrity).toBe('ok');
      expect(count).toBeGreaterThanOrEqual(told);
      expect(maps).toContain('rows.db-shm');
      await disk.losefs.mount();
      const db = new DatabaseSync(disk.at('rows.db'));
      db.exec("INSERT INTO rows (filler) VALUES ('after the cut')");
      db.close();
    },
    TEST_MS,
  );

  it.each(['NORMAL', 'OFF'])(
    'loses commits that were told with synchronous=%s',
    async (synchronous) => {
      const lost = await cutAfter(220, synchronous).then(
        ({ told, count }) => told > count,
        (error: Error) => /no such table|malformed|not a database|disk image/.test(error.message),
      );
      expect(lost).toBe(true);
    },
    TEST_MS,
  );
});
