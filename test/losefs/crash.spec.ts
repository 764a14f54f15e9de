import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.js';
import { Losefs } from '../support/losefs.js';
import { describeWithServers } from '../support/servers/index.js';
import { readFindings } from '../support/servers/findings.js';
import { runScript } from '../support/servers/run-script.js';
import { Disk, contentOf } from './support.js';

const TEST_MS = 60_000;

function mountedBelow(folder: string): string[] {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
  return mounts.map((line) => line.split(' ')[1] ?? '').filter((at) => at.startsWith(`${folder}/`));
}

describeWithServers(['losefs'], 'losefs: crash', () => {
  let disk: Disk;
  const processes: ChildProcess[] = [];
  beforeEach(async () => {
    disk = await Disk.start();
  });
  afterEach(async () => {
    for (const child of processes.splice(0)) child.kill('SIGKILL');
    await disk.stop();
  });

  function run(program: string, ...args: string[]): ChildProcess {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    processes.push(child);
    return child;
  }

  it('leaves on the disk what survived, and goes on from there', async () => {
    await disk.durable('kept', 'a');
    await disk.write('lost', 'b', 'fsync');
    const state = await disk.losefs.crash(1, 'none');
    expect(state).toMatchObject({ seed: 1, keep: 'none', kept: 0 });
    expect(mountedBelow(join(disk.losefs.folder, '..'))).toEqual([]);
    expect(readdirSync(disk.losefs.disk)).toEqual(['kept']);
    await writeFile(join(disk.losefs.disk, 'added'), 'c');
    await disk.losefs.mount();
    expect(readdirSync(disk.losefs.folder)).toEqual(['added', 'kept']);
    expect(await disk.after('none', 'kept', 'added')).toEqual(['a', 'c']);
  });

  it('keeps all when it is unmounted in good order', async () => {
    const file = await disk.write('file', 'a');
    await expect(disk.losefs.unmount()).rejects.toThrow('busy');
    await file.close();
    await disk.losefs.unmount();
    expect(contentOf(join(disk.losefs.disk, 'file'))).toBe('a');
  });

  it('gives the same state for the same moment and seed, and others for other seeds', async () => {
    for (let n = 0; n < 12; n++) {
      await disk.write(`t${n}`, `${n}`.repeat(5000), n % 3 ? 'fsync' : undefined);
      await rename(disk.at(`t${n}`), disk.at(`f${n}`));
      if (n % 4 === 0) await disk.syncFolder();
    }
    const moment = (await disk.losefs.log()).length;
    const build = async (losefs: Losefs, seed: number, into: string) => {
      const state = await losefs.materialise(moment, seed, losefs.newFolder(into));
      const folder = losefs.newFolder(into);
      const files = readdirSync(folder).map((name) => {
        const path = join(folder, name);
        return [name, readFileSync(path, 'latin1'), statSync(path).mtimeMs];
      });
      return JSON.stringify([state, files]);
    };
    const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
    const first: string[] = [];
    for (const seed of seeds) first.push(await build(disk.losefs, seed, `first-${seed}`));
    expect(new Set(first).size).toBeGreaterThan(10);
    const file = join(disk.losefs.newFolder('recording'));
    await disk.losefs.save(file);
    const other = await Disk.start();
    try {
      await other.losefs.crash(1);
      expect(await other.losefs.load(file)).toBe(moment);
      for (const seed of seeds) expect(await build(other.losefs, seed, `${seed}`)).toBe(first[seed - 1]);
    } finally {
      await other.stop();
    }
  });

  it('builds what an earlier moment would have left, in order with the marks that were given', async () => {
    const file = await disk.durable('file', '0');
    const acknowledged: number[] = [];
    for (let n = 1; n <= 5; n++) {
      await file.write(String(n), 0);
      await file.sync();
      acknowledged.push(await disk.losefs.mark({ n }));
    }
    expect((await disk.losefs.log('mark')).map(({ mark }) => mark)).toEqual(
      [1, 2, 3, 4, 5].map((n) => ({ n })),
    );
    await disk.losefs.crash(1);
    for (const [i, moment] of acknowledged.entries()) {
      const into = disk.losefs.newFolder(`moment-${moment}`);
      await disk.losefs.materialise(moment, 7, into, 'none');
      expect(contentOf(join(into, 'file'))).toBe(String(i + 1));
    }
    await expect(disk.losefs.materialise(10_000, 1, disk.losefs.newFolder('no'))).rejects.toThrow('moment');
    await expect(disk.losefs.materialise(1, 1, disk.losefs.disk)).rejects.toThrow('not empty');
  });

  it('records each operation with its path', async () => {
    await mkdir(disk.at('folder'));
    await disk.write('folder/file', 'abc', 'fsync');
    await rename(disk.at('folder/file'), disk.at('other'));
    await disk.syncFolder();
    const log = await disk.losefs.log();
    expect(log.map(({ kind, path, to }) => [kind, path, to].filter(Boolean).join(' '))).toEqual([
      'mkdir folder',
      'create folder/file',
      'write folder/file',
      'fsync folder/file',
      'rename folder/file other',
      'fsync-folder .',
    ]);
    expect(log[2]).toEqual({ moment: 3, kind: 'write', path: 'folder/file', length: 3 });
  });

  it('freezes every request at one moment, and ends the processes that wait for it', async () => {
    const file = await disk.durable('file', 'a');
    const stuck = run('sh', '-c', `while :; do echo >>${disk.at('appended')}; echo; done`);
    await once(stuck.stdout!, 'data');
    const moment = await disk.losefs.freeze();
    const waiting = file.write('b', 0).then(
      () => 'written',
      () => 'failed',
    );
    expect((await disk.losefs.log()).length).toBe(moment);
    const exited = once(stuck, 'exit');
    stuck.kill('SIGKILL'); // it waits for the file system, and so cannot even die
    const state = await disk.losefs.crash(1, 'all');
    expect(state.moment).toBe(moment);
    await exited;
    expect(await waiting).toBe('failed');
    expect(contentOf(join(disk.losefs.disk, 'file'))).toBe('a');
  });

  it('ends a process that waits for a stalled fsync', async () => {
    const fault = await disk.losefs.fault({ operations: ['fsync'], stall: true });
    const stuck = run(
      'dd',
      'if=/dev/zero',
      `of=${disk.at('file')}`,
      'bs=4096',
      'count=1',
      'conv=fsync',
      'status=none',
    );
    const exited = once(stuck, 'exit');
    await eventually(async () => expect(await fault.count()).toBe(1), TEST_MS);
    await disk.losefs.crash(1);
    expect((await exited)[0]).not.toBe(0);
  });
});

describeWithServers(['losefs'], 'losefs: what is left behind', () => {
  it('leaves nothing mounted when the process that started it is killed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'losefs-orphan-'));
    await Promise.all(['disk', 'at'].map((name) => mkdir(join(folder, name))));
    const script = fileURLToPath(new URL('../servers/losefs.sh', import.meta.url));
    const command = { id: 1, do: 'mount', with: { folder: join(folder, 'disk'), at: join(folder, 'at') } };
    const parent = spawn(
      process.execPath,
      [
        '-e',
        `const child = require('node:child_process').spawn('bash', [process.argv[1], 'serve'], { stdio: ['pipe', 'inherit', 'inherit'] });
        child.stdin.write(process.argv[2] + '\\n');
        setInterval(() => undefined, 1000);`,
        script,
        JSON.stringify(command),
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(parent.stdout, 'data');
    expect(mountedBelow(folder)).toEqual([join(folder, 'at')]);
    parent.kill('SIGKILL');
    await eventually(() => expect(mountedBelow(folder)).toEqual([]), TEST_MS);
    await rm(folder, { recursive: true });
  });

  it('is unmounted by the end of the test run even when it was killed itself', async () => {
    const run = await mkdtemp(join(readFindings().runFolder, 'run-'));
    const losefs = await Losefs.start();
    await writeFile(join(losefs.folder, 'file'), 'a');
    process.kill(losefs.pid, 'SIGKILL');
    await eventually(() => expect(readFile(join(losefs.folder, 'file'))).rejects.toThrow());
    await rename(join(losefs.folder, '..'), join(run, 'home'));
    expect(mountedBelow(run)).toHaveLength(1);
    await runScript('stop-all.sh', [run]);
    expect(mountedBelow(run)).toEqual([]);
    expect(existsSync(run)).toBe(false);
    await losefs.stop();
  });
});
