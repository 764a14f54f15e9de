import { chmod, mkdir, mkdtemp, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { post } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startProcess, type RunningProcess } from '../support/process.js';

const START_MS = 60_000;

let folder: string;
let umask: number;
let service: RunningProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon-modes-'));
  // As a container or a unit without UMask= may have it: nothing may depend on it.
  umask = process.umask(0);
});
afterEach(async () => {
  process.umask(umask);
  service?.child.kill('SIGTERM');
  await service?.exited;
  service = undefined;
});

const modeOf = async (path: string) => `0${((await stat(path)).mode & 0o777).toString(8)}`;

/** Modes of everything under a folder, itself included: one text for each distinct kind and mode. */
async function modesIn(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const modes = await Promise.all(
    entries.map(async (entry) => {
      const mode = await modeOf(join(entry.parentPath, entry.name));
      return `${entry.isDirectory() ? 'folder' : 'file'} ${mode}`;
    }),
  );
  return [...new Set([`folder ${await modeOf(path)}`, ...modes])].sort();
}

/** All parts on embedded drivers, with a file of each kind written. */
async function start(data: string, output: string) {
  service = await startProcess(
    {
      MODULES: 'all',
      DATA_FOLDER: data,
      OUTPUT_FOLDER: output,
      PROCESSOR_SHARD: 'day',
      API_URL: 'http://127.0.0.1:9',
      ENVIRONMENT: 'test',
      MAX_RETRIES: '1',
    },
    START_MS,
    folder,
  );
  return service;
}

async function work({ url }: RunningProcess, output: string): Promise<void> {
  await post(`${url}/produce`, { topic: 'orders', key: 'k', message: { a: 1 } });
  const published = await post(`${url}/events/expense.created`, { a: 1 });
  expect(published.status).toBeLessThan(300);
  await post(`${url}/emitters/datetime/trigger`, {});
  await eventually(async () => {
    const names = await readdir(output, { recursive: true });
    expect(names.some((name) => name.endsWith('.json'))).toBe(true);
  }, START_MS);
}

describe('what the service makes', () => {
  it('is its own under DATA_FOLDER, and for its group to read under OUTPUT_FOLDER, whatever the umask', async () => {
    const [data, output] = [join(folder, 'new', 'data'), join(folder, 'new', 'messages')];
    await work(await start(data, output), output);
    const names = await readdir(data, { recursive: true });
    for (const name of [
      'carillon.db-wal',
      'carillon.db-shm',
      'monitors.db-wal',
      'carillon.term',
      'carillon.lock',
    ])
      expect(names).toContain(name);
    await eventually(async () =>
      expect((await readdir(data, { recursive: true })).join()).toMatch(/emitter-given-up\/\S+\.json/),
    );
    expect(await modesIn(data)).toEqual(['file 0600', 'folder 0700']);
    expect(await modesIn(output)).toEqual(['file 0640', 'folder 0750']);
  });

  it('leaves folders that are there as they are, and warns of a DATA_FOLDER that others may read', async () => {
    const [data, output] = [join(folder, 'data'), join(folder, 'messages')];
    for (const [path, mode] of [
      [data, 0o755],
      [output, 0o2775],
    ] as const) {
      await mkdir(path);
      await chmod(path, mode);
    }
    const { log } = await start(data, output);
    expect([await modeOf(data), await modeOf(output)]).toEqual(['0755', '0775']);
    const warnings = log.filter((line) => line.includes('"level":40') && line.includes('chmod 700'));
    expect(warnings).toHaveLength(1);
  });

  it('is silent of one that its group may read', async () => {
    const data = join(folder, 'data');
    await mkdir(data);
    await chmod(data, 0o2770);
    const { log } = await start(data, join(folder, 'messages'));
    expect(log.filter((line) => line.includes('chmod 700'))).toEqual([]);
  });
});
