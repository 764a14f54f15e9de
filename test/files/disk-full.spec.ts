import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FileStore } from '../../src/modules/processor/files/file-store.js';
import type { FileToWrite } from '../../src/modules/processor/files/file-to-write.js';
import { eventually } from '../support/eventually.js';
import { smallDisk } from '../support/small-disk.js';
import {
  filesIn,
  manifestOf,
  message,
  messagesIn,
  nameless,
  newStore,
  unfinished,
} from './support/folder.js';

const disk = smallDisk('size=6m,nr_inodes=3000');

function large(name: string, bytes: number, identity: string | null = name): FileToWrite {
  const content = Buffer.from(JSON.stringify({ name, filler: 'x'.repeat(bytes), end: true }, null, 2));
  return { routingKey: 'expense.created', content, identity, redelivered: false };
}

(disk ? describe : describe.skip)('a full disk', () => {
  let store: FileStore;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(disk!.folder, 'out-'));
    store = newStore(folder).store;
    await store.start();
  });
  afterEach(async () => {
    await store.stop();
    rmSync(folder, { recursive: true });
  });
  afterAll(() => disk!.remove());

  /** Leaves `bytes` free; answers what makes room again. */
  function fill(bytes: number): () => void {
    const filler = join(disk!.folder, 'filler');
    const { bavail, bsize } = statfsSync(disk!.folder);
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - bytes)));
    return () => rmSync(filler);
  }

  async function codesOf(files: readonly FileToWrite[]): Promise<string[]> {
    const ends = await Promise.allSettled(files.map((file) => store.write(file)));
    return ends.map((end) =>
      end.status === 'fulfilled' ? end.value.outcome : (end.reason as { code: string }).code,
    );
  }

  it('is OUTPUT_FULL until there is room for what did not fit, and shows no half file', async () => {
    const changes: (string | undefined)[] = [];
    store.onTrouble(() => changes.push(store.trouble?.code));
    expect(await codesOf([message('a')])).toEqual(['written']);
    const makeRoom = fill(300_000);
    expect(await codesOf([large('b', 1_000_000)])).toEqual(['OUTPUT_FULL']);
    expect(store.trouble).toMatchObject({ code: 'OUTPUT_FULL', retryable: true });
    expect(store.trouble!.message).toMatch(/OUTPUT_FOLDER .* make room \(ENOSPC\)/);
    expect(await codesOf([message('c')])).toEqual(['OUTPUT_FULL']);
    expect(messagesIn(folder)).toEqual(['a']);

    // A small file would fit: but a trial is as large as what did not.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(store.trouble?.code).toBe('OUTPUT_FULL');
    makeRoom();
    await eventually(() => expect(store.trouble).toBeNull(), 15_000);
    expect(await codesOf([large('b', 1_000_000), message('c')])).toEqual(['written', 'written']);
    expect(messagesIn(folder)).toEqual(['a', 'b', 'c']);
    expect(unfinished(folder)).toEqual([]);
    expect(changes).toEqual(['OUTPUT_FULL', undefined]);
  }, 30_000);

  it.each([
    ['bytes', () => fill(700_000)],
    [
      'files',
      () => {
        const folder = mkdtempSync(join(disk!.folder, 'many-'));
        const { ffree } = statfsSync(disk!.folder);
        for (let i = 0; i < ffree - 150; i++) writeFileSync(join(folder, String(i)), '');
        return () => rmSync(folder, { recursive: true });
      },
    ],
  ])(
    'that has no %s left in the middle of much work ends in one file of each id, and no claim without one',
    async (_, fillUp) => {
      const makeRoom = fillUp();
      const files = Array.from({ length: 400 }, (_, i) => large(`m${String(i).padStart(3, '0')}`, 3_000));
      const codes: string[] = [];
      for (let i = 0; i < files.length; i += 40) codes.push(...(await codesOf(files.slice(i, i + 40))));
      expect(new Set(codes)).toEqual(new Set(['written', 'OUTPUT_FULL']));
      const whole = new Set(messagesIn(folder));
      codes.forEach((code, i) => {
        if (code === 'written') expect(whole).toContain(`m${String(i).padStart(3, '0')}`);
      });
      makeRoom();
      await eventually(() => expect(store.trouble).toBeNull(), 15_000);
      for (const code of await codesOf(files)) expect(['written', 'known']).toContain(code);
      expect(messagesIn(folder)).toHaveLength(files.length);
      expect(new Set(messagesIn(folder)).size).toBe(files.length);
      expect(
        manifestOf(folder)
          .map(({ file }) => file)
          .sort(),
      ).toEqual(filesIn(folder).sort());
      expect(unfinished(folder)).toEqual([]);
    },
    60_000,
  );

  it('does not keep what has no id from being written when there is room', async () => {
    const makeRoom = fill(100_000);
    expect(await codesOf([large('p', 1_000_000, null)])).toEqual(['OUTPUT_FULL']);
    makeRoom();
    await eventually(() => expect(store.trouble).toBeNull(), 15_000);
    expect(await codesOf([large('p', 1_000_000, null), nameless('q')])).toEqual(['written', 'written']);
    expect(messagesIn(folder)).toEqual(['p', 'q']);
  }, 30_000);
});
