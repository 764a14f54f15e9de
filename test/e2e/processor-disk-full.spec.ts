import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { get, post, startApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { FolderWatcher } from '../support/folder-watcher.js';
import { outputFiles } from '../support/output-folder.js';
import { smallDisk } from '../support/small-disk.js';

const disk = smallDisk('size=8m');

(disk ? describe : describe.skip)('a full output disk', () => {
  afterAll(() => disk!.remove());

  it('pauses consuming, shows as degraded, makes no dead letter, loses nothing, and goes on by itself', async () => {
    const app = await startApp({ OUTPUT_FOLDER: disk!.folder, PROCESSOR_RETRY_DELAYS_MS: '50' });
    const watcher = new FolderWatcher(disk!.folder);
    let sent = 0;
    const publish = async (bytes: number) => {
      const body = JSON.stringify({ n: sent, filling: 'x'.repeat(bytes) });
      expect((await post(`${app.url}/events/expense.created`, body)).status).toBe(200);
      sent += 1;
    };
    try {
      for (let i = 0; i < 10; i++) await publish(1000);
      await eventually(async () => expect(await outputFiles(disk!.folder)).toHaveLength(10));
      const filler = join(disk!.folder, 'filler');
      const { bavail, bsize } = statfsSync(disk!.folder);
      writeFileSync(filler, Buffer.alloc(bavail * bsize - 100_000));
      for (let i = 0; i < 20; i++) await publish(50_000);
      await eventually(async () => {
        const { status, body } = await get(`${app.url}/health`);
        expect([status, body.status, body.troubles[0]?.code]).toEqual([200, 'degraded', 'OUTPUT_FULL']);
      });
      expect((await get(`${app.url}/health/ready`)).status).toBe(200);
      expect((await outputFiles(disk!.folder)).length).toBeLessThan(30);
      rmSync(filler);
      await eventually(async () => expect(await outputFiles(disk!.folder)).toHaveLength(30), 60_000);
      await eventually(
        async () => expect((await get(`${app.url}/health`)).body.status).toBe('healthy'),
        30_000,
      );
      expect((await get(`${app.url}/processor/dead-letters`)).body.total).toBe(0);
      const seen = await watcher.stop();
      expect(watcher.broken).toEqual([]);
      const numbers = [...seen.values()].map((text) => (JSON.parse(text) as { n: number }).n);
      expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, n) => n));
    } finally {
      expect(await app.stop()).toBe(0);
    }
  }, 120_000);
});
