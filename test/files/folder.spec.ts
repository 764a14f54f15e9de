import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FileStore } from '../../src/modules/processor/files/file-store.js';
import { eventually } from '../support/eventually.js';
import { filesIn, message, messagesIn, nameless, newFolder, newStore, unfinished } from './support/folder.js';

const UNUSABLE = { code: 'OUTPUT_UNUSABLE', retryable: true };

let store: FileStore;
afterEach(() => store.stop());

async function started(folder: string, other: Parameters<typeof newStore>[1] = {}): Promise<FileStore> {
  store = newStore(folder, other).store;
  await store.start();
  return store;
}

async function outcomes(files: Parameters<FileStore['write']>[0][]): Promise<string[]> {
  return (await Promise.all(files.map((file) => store.write(file)))).map(({ outcome }) => outcome);
}

describe('FileStore', () => {
  it('writes each content as it is, under a name that says when and what', async () => {
    const folder = join(newFolder(), 'made', 'at', 'start');
    await started(folder, { time: 'local' });
    expect(store.trouble).toBeNull();
    const before = Date.now();
    const outcome = await store.write(message('a'));
    const [file] = filesIn(folder) as [string];
    expect(outcome).toEqual({ outcome: 'written', name: file, bytes: message('a').content.length });
    expect(readFileSync(join(folder, file))).toEqual(message('a').content);
    const parts = /^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)_(\d{6})_expense\.created\.json$/.exec(file)!;
    const [year, month, day, hour, minute, second, micros] = parts.slice(1).map(Number);
    const time = new Date(year!, month! - 1, day, hour, minute, second).getTime() + micros! / 1000;
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now() + 10);
  });

  it('writes an id once, at once and later, and equal messages without ids each', async () => {
    const folder = newFolder();
    await started(folder);
    const [first, ...rest] = await outcomes([
      message('a'),
      message('a'),
      message('a'),
      nameless('p'),
      nameless('p'),
    ]);
    expect([first, ...rest.sort()]).toEqual(['written', 'known', 'known', 'written', 'written']);
    expect(
      await outcomes([message('a', { redelivered: true }), nameless('p', { redelivered: true })]),
    ).toEqual(['known', 'written']);
    // Its publisher sent it twice: nothing flags the second one.
    expect(await outcomes([message('a')])).toEqual(['known']);
    expect(messagesIn(folder)).toEqual(['a', 'p', 'p', 'p']);
    await store.stop();
    await started(folder);
    expect(await outcomes([message('a')])).toEqual(['known']);
  });

  it('puts files into subfolders by the hour, also when somebody has tidied these away', async () => {
    const folder = newFolder();
    await started(folder, { shard: 'hour', time: 'utc' });
    await outcomes([message('a')]);
    const [file] = filesIn(folder) as [string];
    expect(file).toMatch(/^(\d{8})\/(\d\d)\/\1_\2\d{4}_\d{6}_expense\.created\.json$/);
    rmSync(join(folder, file.split('/')[0]!), { recursive: true });
    await outcomes([message('b')]);
    expect(messagesIn(folder)).toEqual(['b']);
  });

  it('loses nothing and doubles no id when its worker thread dies', async () => {
    const folder = newFolder();
    await started(folder);
    const files = Array.from({ length: 3_000 }, (_, i) => message(`m${String(i).padStart(4, '0')}`));
    const written = files.map((file) => store.write(file));
    for (let death = 0; death < 3; death++) {
      await Promise.race(written.slice(500 * (death + 1), 500 * (death + 1) + 20));
      await store.crash();
    }
    const ends = (await Promise.all(written)).map(({ outcome }) => outcome);
    expect(ends.filter((outcome) => outcome === 'written').length).toBeGreaterThanOrEqual(1_000);
    expect(messagesIn(folder)).toEqual(files.map(({ identity }) => identity));
    expect(store.trouble).toBeNull();
    expect(unfinished(folder)).toEqual([]);
  }, 30_000);

  it('makes no second file of what has no id when its worker thread dies', async () => {
    const folder = newFolder();
    await started(folder);
    const files = Array.from({ length: 1_000 }, (_, i) => nameless(`m${String(i).padStart(4, '0')}`));
    const written = files.map((file) => store.write(file));
    await Promise.race(written);
    await store.crash();
    await Promise.all(written);
    const found = messagesIn(folder);
    expect(new Set(found).size).toBe(files.length);
    // What the thread had done and not told yet is written again.
    expect(found.length).toBeLessThanOrEqual(files.length + 2 * 500);
    await store.crash();
    expect(await outcomes([nameless('z')])).toEqual(['written']);
  }, 30_000);

  it('waits for a folder that has a file in its place, without a rejection', async () => {
    const folder = join(newFolder(), 'out');
    writeFileSync(folder, 'in the way');
    await started(folder);
    expect(store.trouble).toMatchObject(UNUSABLE);
    expect(store.trouble!.message).toContain(
      `OUTPUT_FOLDER ${folder}: there is a file where a folder should be`,
    );
    await expect(store.write(message('a'))).rejects.toMatchObject(UNUSABLE);
    rmSync(folder);
    await eventually(() => expect(store.trouble).toBeNull());
    expect(await outcomes([message('a')])).toEqual(['written']);
  });

  it('is unusable while its folder is away, and goes on when it is back', async () => {
    const folder = join(newFolder(), 'out');
    await started(folder);
    await outcomes([message('a')]);
    renameSync(folder, `${folder}-away`);
    await expect(store.write(message('b'))).rejects.toMatchObject(UNUSABLE);
    expect(store.trouble!.message).toContain('the folder is not there: bring it back (ENOENT)');
    renameSync(`${folder}-away`, folder);
    await eventually(() => expect(store.trouble).toBeNull());
    expect(await outcomes([message('a'), message('b')])).toEqual(['known', 'written']);
    expect(messagesIn(folder)).toEqual(['a', 'b']);
    expect(unfinished(folder)).toEqual([]);
  });

  it('goes on in an empty folder that takes the place of the other', async () => {
    const folder = join(newFolder(), 'out');
    await started(folder);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    await expect(store.write(message('b'))).rejects.toMatchObject(UNUSABLE);
    await eventually(() => expect(store.trouble).toBeNull());
    expect(await outcomes([message('b')])).toEqual(['written']);
  });

  it('refuses what comes after a stop, and leaves nothing in hand', async () => {
    const folder = newFolder();
    await started(folder);
    const written = outcomes([message('a'), nameless('p')]);
    await store.stop();
    expect(await written).toEqual(['written', 'written']);
    await expect(store.write(message('b'))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(unfinished(folder)).toEqual([]);
  });

  it('counts what it does', async () => {
    const folder = newFolder();
    const { store: counted, metrics } = newStore(folder);
    store = counted;
    await store.start();
    await outcomes([message('a'), nameless('p')]);
    await outcomes([message('a')]);
    const text = await metrics.metrics();
    expect(text).toContain('carillon_processor_files_total{outcome="written"} 2');
    expect(text).toContain('carillon_processor_files_total{outcome="known"} 1');
    const bytes = message('a').content.length + nameless('p').content.length;
    expect(text).toContain(`carillon_processor_file_bytes_total ${bytes}`);
    expect(text).toMatch(/carillon_processor_fsync_seconds_count [12]/);
  });
});
