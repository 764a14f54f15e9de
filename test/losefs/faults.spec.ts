import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mkdir, rename, statfs } from 'node:fs/promises';
import { eventually } from '../support/eventually.js';
import { describeWithServers } from '../support/servers/index.js';
import { Disk } from './support.js';

const a = 'a'.repeat(4096);
const b = 'b'.repeat(4096);

describeWithServers(['losefs'], 'losefs: faults', () => {
  let disk: Disk;
  beforeEach(async () => {
    disk = await Disk.start();
  });
  afterEach(() => disk.stop());

  it('fails an fsync once, then succeeds, and has lost what was written before (fsyncgate)', async () => {
    const file = await disk.durable('file', a);
    await disk.losefs.fault({ operations: ['fsync'], times: 1, error: 'EIO' });
    await file.write(b, 0);
    await expect(file.sync()).rejects.toThrow('EIO');
    await file.sync();
    expect((await file.read(Buffer.alloc(4096), 0, 4096, 0)).buffer.toString()).toBe(b); // the cache still has it
    expect(await disk.after('none', 'file')).toEqual([a]);
    expect(await disk.after('all', 'file')).toEqual([a]);
    await file.write(b, 0);
    await file.sync();
    expect(await disk.after('none', 'file')).toEqual([b]);
  });

  it('fails fsync of a folder, whose names stay volatile', async () => {
    await disk.write('temporary', a, 'fsync');
    const fault = await disk.losefs.fault({ operations: ['fsync-folder'], times: 1, error: 'EIO' });
    await rename(disk.at('temporary'), disk.at('final'));
    await expect(disk.syncFolder()).rejects.toThrow('EIO');
    expect(await fault.count()).toBe(1);
    expect(await disk.after('none', 'temporary', 'final')).toEqual([null, null]);
    await disk.syncFolder();
    expect(await disk.after('none', 'temporary', 'final')).toEqual([null, a]);
  });

  it('fails fdatasync until the fault is removed', async () => {
    const file = await disk.durable('file', a);
    const fault = await disk.losefs.fault({ operations: ['fdatasync'], error: 'EIO' });
    for (let n = 0; n < 3; n++) await expect(file.datasync()).rejects.toThrow('EIO');
    expect(await fault.count()).toBe(3);
    await fault.remove();
    await file.datasync();
  });

  it.each(['EIO', 'ENOSPC'] as const)(
    'fails writes of one path with %s, after some that pass',
    async (error) => {
      await disk.losefs.fault({ operations: ['write'], path: /^chosen$/, skip: 1, times: 1, error });
      const other = await disk.open('other');
      const file = await disk.open('chosen');
      await file.write('1', 0);
      await expect(file.write('2', 1)).rejects.toThrow(error);
      await other.write('0', 0);
      await file.write('3', 1);
      expect(await disk.after('all', 'chosen')).toEqual(['13']);
    },
  );

  it('shows a full disk to statfs as well, and fails what needs room', async () => {
    await disk.losefs.fault({ operations: ['create', 'write', 'mkdir'], error: 'ENOSPC' });
    expect((await statfs(disk.at('.'))).bavail).toBe(0);
    await expect(disk.open('file')).rejects.toThrow('ENOSPC');
    await expect(mkdir(disk.at('folder'))).rejects.toThrow('ENOSPC');
    await disk.losefs.clearFaults();
    expect((await statfs(disk.at('.'))).bavail).toBeGreaterThan(0);
    await disk.open('file');
  });

  it('slows an fsync down, and covers only what was written before it began', async () => {
    const file = await disk.durable('file', a);
    const fault = await disk.losefs.fault({ operations: ['fsync'], delayMs: 300 });
    await file.write(b, 0);
    const began = performance.now();
    const synced = file.sync();
    await eventually(async () => expect(await fault.count()).toBe(1));
    await file.write('c', 0);
    await synced;
    expect(performance.now() - began).toBeGreaterThanOrEqual(299);
    expect(await disk.after('none', 'file')).toEqual([b]);
  });

  it('stalls an fsync until the fault is removed; what it waits for is not durable', async () => {
    const file = await disk.durable('file', a);
    const fault = await disk.losefs.fault({ operations: ['fsync'], stall: true });
    await file.write(b, 0);
    let done = false;
    const synced = file.sync().then(() => (done = true));
    await eventually(async () => expect(await fault.count()).toBe(1));
    expect(await disk.after('none', 'file')).toEqual([a]);
    expect(done).toBe(false);
    await fault.remove();
    await synced;
    expect(await disk.after('none', 'file')).toEqual([b]);
  });
});
