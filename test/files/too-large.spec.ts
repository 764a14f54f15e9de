import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import {
  manifestOf,
  message,
  messagesIn,
  nameless,
  newFolder,
  newStore,
  settings,
  unfinished,
} from './support/folder.js';
import { orders } from './support/queue.js';
import { Writer, type Said } from './support/writer.js';

/** 256 KiB. */
const BLOCKS = 512;

describe('a message that is larger than a file may be', () => {
  it('is refused alone; those beside it are written', async () => {
    const folder = newFolder();
    const said: Said[] = [];
    const writer = new Writer(settings(folder), (one) => said.push(one), { blocks: BLOCKS });
    await writer.ready;
    const small = orders('small-', 120, true);
    const large = [
      { name: 'large', identity: 'large', redelivered: false, extraBytes: 1_000_000 },
      { name: 'nameless', identity: null, redelivered: false, extraBytes: 1_000_000 },
    ];
    for (const order of [...small.slice(0, 60), ...large, ...small.slice(60)]) writer.order(order);
    await eventually(() => expect(said).toHaveLength(122 + 1));
    for (const order of [large[0]!, { name: 'after', identity: 'after', redelivered: false }])
      writer.order(order);
    await writer.finish();

    const refused = said.filter(({ code }) => code !== undefined);
    expect(refused.map(({ name, code }) => [name, code]).sort()).toEqual([
      ['large', 'MESSAGE_TOO_LARGE'],
      ['large', 'MESSAGE_TOO_LARGE'],
      ['nameless', 'MESSAGE_TOO_LARGE'],
    ]);
    expect(refused[0]!.message).toContain(
      'larger than its file system, or a limit (ulimit -f), allows (EFBIG)',
    );
    const names = [...small.map(({ name }) => name), 'after'].sort();
    expect(messagesIn(folder)).toEqual(names);
    expect(
      manifestOf(folder)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(names);
    expect(unfinished(folder)).toEqual([]);
  }, 30_000);

  it('does not keep the folder from being opened by a trial of its size', () => {
    const folder = newFolder();
    const script = fileURLToPath(new URL('./support/trial.mjs', import.meta.url));
    const command = [process.execPath, script, JSON.stringify(settings(folder)), '1000000'];
    const text = execFileSync('sh', ['-c', `ulimit -f ${BLOCKS}; exec "$@"`, 'sh', ...command]);
    expect(text.toString()).toBe('open\n');
  });
});

describe('a message whose name is longer than the file system allows', () => {
  it('is refused alone; those beside it are written', async () => {
    const folder = deepFolder();
    const { store, metrics } = newStore(folder);
    await store.start();
    const long = { routingKey: 'k'.repeat(200) };
    const ends = await Promise.allSettled(
      [message('a'), message('b', long), nameless('p', long), nameless('q')].map((file) => store.write(file)),
    );
    expect(ends).toMatchObject([
      { value: { outcome: 'written' } },
      { reason: { code: 'MESSAGE_TOO_LARGE', retryable: false } },
      { reason: { message: expect.stringContaining('name is longer') as unknown } },
      { value: { outcome: 'written' } },
    ]);
    expect(store.trouble).toBeNull();
    expect(messagesIn(folder)).toEqual(['a', 'q']);
    const text = await metrics.metrics();
    expect(text).toContain('carillon_processor_files_total{outcome="failed"} 2');
    expect(text).toContain('carillon_processor_files_total{outcome="known"} 0');
    await store.stop();
  });
});

/** One whose path leaves room for a short name below it, and not for a long one. */
function deepFolder(): string {
  const most = Number(execFileSync('getconf', ['PATH_MAX', '/']));
  let folder = mkdtempSync(join(tmpdir(), 'carillon-deep-'));
  while (folder.length < most - 180)
    folder = join(folder, 'd'.repeat(Math.min(200, most - 181 - folder.length)));
  mkdirSync(folder, { recursive: true });
  return folder;
}
