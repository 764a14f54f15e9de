import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { link, mkdir, rename, rmdir, symlink, truncate, unlink } from 'node:fs/promises';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithServers } from '../support/servers/index.js';
import { Disk, sectors } from './support.js';

const PAGE = 4096;
const a = 'a'.repeat(PAGE);
const b = 'b'.repeat(PAGE);

describeWithServers(['losefs'], 'losefs: what POSIX promises after a power cut', () => {
  let disk: Disk;
  beforeEach(async () => {
    disk = await Disk.start();
  });
  afterEach(() => disk.stop());

  it('keeps data after fsync of the file, and its name after fsync of the folder', async () => {
    await disk.durable('kept', a);
    expect(await disk.after('none', 'kept')).toEqual([a]);
  });

  it('keeps data after fdatasync', async () => {
    const file = await disk.write('kept', a);
    await file.datasync();
    await disk.syncFolder();
    expect(await disk.after('none', 'kept')).toEqual([a]);
  });

  it('loses the name without fsync of the folder', async () => {
    await disk.write('nameless', a, 'fsync');
    expect(await disk.after('none', 'nameless')).toEqual([null]);
    expect(new Set(await disk.possible('nameless', 40))).toEqual(new Set([null, a]));
  });

  it('loses the data without fsync of the file, all of it or any page, with or without its size', async () => {
    const file = await disk.write('file', a);
    await file.write(b, PAGE);
    await disk.syncFolder();
    expect(await disk.after('none', 'file')).toEqual(['']);
    const possible = (await disk.possible('file', 300, 'some')).map(sectors);
    const [A, B, Z] = ['a'.repeat(8), 'b'.repeat(8), '0'.repeat(8)];
    expect(possible).toEqual(expect.arrayContaining(['', A, Z + Z, A + Z, Z + B, A + B, Z]));
    for (const content of possible) expect(content).toMatch(/^(a{8}|0{8})?(b{0,8}0{0,8})$/);
  });

  it('covers by an fsync only what was written before', async () => {
    const file = await disk.durable('file', a);
    await file.write(b, 0);
    expect(await disk.after('none', 'file')).toEqual([a]);
    expect(await disk.after('all', 'file')).toEqual([b]);
    await file.sync();
    expect(await disk.after('none', 'file')).toEqual([b]);
  });

  it('may keep a later write and lose an earlier one', async () => {
    const file = await disk.durable('file', a + a);
    await file.write(b, 0);
    await file.write(b, PAGE);
    const possible = (await disk.possible('file', 100)).map(sectors);
    const [A, B] = ['a'.repeat(8), 'b'.repeat(8)];
    expect(possible).toEqual(expect.arrayContaining([A + A, A + B, B + A, B + B]));
  });

  it('may keep one page of a write and lose another', async () => {
    const file = await disk.durable('file', a + a);
    await file.write(b + b, 0);
    const possible = (await disk.possible('file', 100)).map(sectors);
    expect(possible).toEqual(expect.arrayContaining(['aaaaaaaabbbbbbbb', 'bbbbbbbbaaaaaaaa']));
  });

  it('tears the last write at a sector', async () => {
    const file = await disk.durable('file', a);
    await file.write(b, 0);
    const possible = await disk.possible('file', 60, 'torn');
    const torn = [1, 2, 3, 4, 5, 6, 7].map((n) => b.slice(0, n * 512) + a.slice(n * 512));
    expect(new Set(possible)).toEqual(new Set(torn));
  });

  it('may keep a rename before the data of the file', async () => {
    await disk.write('temporary', a);
    await rename(disk.at('temporary'), disk.at('final'));
    await disk.syncFolder();
    expect(await disk.after('none', 'temporary', 'final')).toEqual([null, '']);
  });

  it('loses a rename without fsync of the folder, and never shows both names or none', async () => {
    await disk.durable('old', a);
    await rename(disk.at('old'), disk.at('new'));
    expect(await disk.after('none', 'old', 'new')).toEqual([a, null]);
    for (let seed = 1; seed <= 30; seed++) {
      const { contents } = await disk.state(seed, 'some', ['old', 'new']);
      expect(contents.filter((content) => content === a)).toHaveLength(1);
    }
    await disk.syncFolder();
    expect(await disk.after('none', 'old', 'new')).toEqual([null, a]);
  });

  it('shows the old file or the new one under a name that a rename replaced', async () => {
    await disk.durable('file', a);
    await disk.write('temporary', b, 'fsync');
    await rename(disk.at('temporary'), disk.at('file'));
    expect(await disk.after('none', 'file')).toEqual([a]);
    expect(new Set(await disk.possible('file', 40))).toEqual(new Set([a, b]));
  });

  it.each(['from', 'to'])(
    'keeps or loses a move between folders as a whole, until %s is synced',
    async (synced) => {
      await Promise.all(['from', 'to'].map((folder) => mkdir(disk.at(folder))));
      await disk.write('from/file', a, 'fsync');
      await Promise.all(['.', 'from', 'to'].map((folder) => disk.syncFolder(folder)));
      await rename(disk.at('from/file'), disk.at('to/file'));
      for (let seed = 1; seed <= 20; seed++) {
        const { contents } = await disk.state(seed, 'some', ['from/file', 'to/file']);
        expect(contents.filter((content) => content === a)).toHaveLength(1);
      }
      expect(await disk.after('none', 'from/file', 'to/file')).toEqual([a, null]);
      await disk.syncFolder(synced);
      expect(await disk.after('none', 'from/file', 'to/file')).toEqual([null, a]);
    },
  );

  it('loses and keeps a link as any other name; both names lead to one file', async () => {
    const file = await disk.durable('first', a);
    await link(disk.at('first'), disk.at('second'));
    expect(await disk.after('none', 'second')).toEqual([null]);
    await disk.syncFolder();
    await file.write(b, 0);
    await file.sync();
    const { folder, contents } = await disk.state(1, 'none', ['first', 'second']);
    expect(contents).toEqual([b, b]);
    expect(statSync(join(folder, 'first')).ino).toBe(statSync(join(folder, 'second')).ino);
  });

  it('brings a file back whose unlink was not made durable', async () => {
    await disk.durable('file', a);
    await unlink(disk.at('file'));
    expect(await disk.after('none', 'file')).toEqual([a]);
    await disk.syncFolder();
    expect(await disk.after('none', 'file')).toEqual([null]);
  });

  it('loses a new folder with all that is in it, unless its own parent was synced', async () => {
    await mkdir(disk.at('new'));
    await disk.write('new/file', a, 'fsync');
    await disk.syncFolder('new');
    expect(await disk.after('none', 'new', 'new/file')).toEqual([null, null]);
    await disk.syncFolder();
    expect(await disk.after('none', 'new', 'new/file')).toEqual(['<folder>', a]);
    await unlink(disk.at('new/file'));
    await rmdir(disk.at('new'));
    expect(await disk.after('none', 'new/file')).toEqual([a]);
    expect(await disk.after('all', 'new')).toEqual([null]);
  });

  it('loses and keeps a truncation, which also fills a later extension with zeros', async () => {
    const file = await disk.durable('file', a);
    await truncate(disk.at('file'), 10);
    expect(await disk.after('none', 'file')).toEqual([a]);
    await file.truncate(20);
    await file.sync();
    expect(await disk.after('none', 'file')).toEqual([a.slice(0, 10) + '\0'.repeat(10)]);
    await disk.open('file', 'w'); // opened to be truncated
    expect(await disk.after('all', 'file')).toEqual(['']);
  });

  it('keeps mode and times after fsync, not after fdatasync', async () => {
    const file = await disk.durable('file', a);
    const modeAfter = async () => {
      const { folder } = await disk.state(1, 'none', []);
      return statSync(join(folder, 'file')).mode & 0o777;
    };
    const before = await modeAfter();
    chmodSync(disk.at('file'), 0o741);
    await file.datasync();
    expect(await modeAfter()).toBe(before);
    await file.sync();
    expect(await modeAfter()).toBe(0o741);
  });

  it('makes a write through O_DSYNC durable at once', async () => {
    await disk.durable('file', a);
    const file = await disk.open('file', 'rs+');
    await file.write(b, 0);
    expect(await disk.after('none', 'file')).toEqual([b]);
  });

  it('carries a symbolic link', async () => {
    await disk.durable('file', a);
    await symlink('file', disk.at('link'));
    expect(await disk.after('none', 'link')).toEqual([null]);
    expect(await disk.after('all', 'link')).toEqual([a]);
  });
});

describeWithServers(['losefs'], 'losefs: what ext4 promises beyond POSIX', () => {
  let disk: Disk;
  beforeEach(async () => {
    disk = await Disk.start({ ext4: true });
  });
  afterEach(() => disk.stop());

  it('keeps the first name of a new file after fsync of the file, and the new folders above it', async () => {
    await mkdir(disk.at('new'));
    await mkdir(disk.at('new/newer'));
    await disk.write('new/newer/file', a, 'fsync');
    await disk.write('new/other', a);
    expect(await disk.after('none', 'new/newer/file', 'new/other')).toEqual([a, null]);
  });

  it('keeps no second name so', async () => {
    const file = await disk.write('temporary', a, 'fsync');
    await rename(disk.at('temporary'), disk.at('final'));
    await file.sync();
    expect(await disk.after('none', 'temporary', 'final')).toEqual([a, null]);
  });
});

describeWithServers(['losefs'], 'losefs: a file system without a journal', () => {
  let disk: Disk;
  beforeEach(async () => {
    disk = await Disk.start({ splitMoves: true });
  });
  afterEach(() => disk.stop());

  it('makes each half of a move between folders durable with its own folder', async () => {
    await Promise.all(['from', 'to'].map((folder) => mkdir(disk.at(folder))));
    await disk.write('from/file', a, 'fsync');
    await Promise.all(['.', 'from', 'to'].map((folder) => disk.syncFolder(folder)));
    await rename(disk.at('from/file'), disk.at('to/file'));
    await disk.syncFolder('to');
    expect(await disk.after('none', 'from/file', 'to/file')).toEqual([a, a]);
    await disk.syncFolder('from');
    expect(await disk.after('none', 'from/file', 'to/file')).toEqual([null, a]);
  });
});
