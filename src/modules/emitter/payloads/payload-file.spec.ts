import { execFileSync } from 'node:child_process';
import { mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino, type Logger } from 'pino';
import { eventually } from '../../../../test/support/eventually.js';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import type { PayloadOrder } from '../../../config/emitter-settings.js';
import { openPayload } from './open-payload.js';
import { PayloadFiles } from './payload-files.js';
import type { PayloadSource } from './payload-source.js';

/** Knows when a look is over: then the loop sleeps again. */
class CountingClock extends ManualClock {
  sleeps = 0;

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps += 1;
    return super.sleep(ms, signal);
  }
}

let folder: string;
let path: string;
let lines: { level: number; msg: string }[];
let logger: Logger;
let clock: CountingClock;
let files: PayloadFiles;
let source: PayloadSource;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon-payloads-'));
  path = join(folder, 'p.json');
  lines = [];
  logger = pino({ level: 'info' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  clock = new CountingClock(1_000_000);
  files = new PayloadFiles(logger, clock);
  source = opened('e');
});

afterEach(async () => {
  await source.stop?.();
  await rm(folder, { recursive: true, force: true });
});

const TICK = { plannedAt: 0, count: 1 };
const next = () => source.next(TICK);
const opened = (name: string, order: PayloadOrder = 'sequence') =>
  openPayload({ name, payload: { kind: 'file', path, order } }, { payloadFiles: files, clock });
const logged = () => lines.map(({ msg }) => msg);

/** Turns the clock a second at a time, as the disk needs real time, until it is so. */
async function lookUntil(isSo: () => boolean): Promise<void> {
  await eventually(async () => {
    await clock.advance(1000);
    expect(isSo()).toBe(true);
  });
}

describe('PayloadFile', () => {
  it('gives the file’s payloads, and those of a new file when it changes', async () => {
    await writeFile(path, '[{"a":1.0},{"b":2}]');
    await source.start?.();
    expect([next(), next(), next()]).toEqual(['{"a":1.0}', '{"b":2}', '{"a":1.0}']);
    await writeFile(join(folder, 'new'), '[{"c":3}]');
    await rename(join(folder, 'new'), path);
    await lookUntil(() => next() === '{"c":3}');
    expect(logged()).toEqual(['The payload file of the emitter e was read again.']);
    expect(source.trouble).toBeNull();
  });

  it('sees a swapped link, and the same size with the same time', async () => {
    const at = new Date(1_700_000_000_000);
    for (const name of ['one', 'two']) {
      await writeFile(join(folder, name), `[{"from":"${name}"}]`);
      await utimes(join(folder, name), at, at);
    }
    await symlink('one', path);
    await source.start?.();
    await symlink('two', join(folder, 'link'));
    await rename(join(folder, 'link'), path);
    await lookUntil(() => next() === '{"from":"two"}');
    await writeFile(join(folder, 'two'), '[{"from":"2nd"}]');
    await utimes(join(folder, 'two'), at, at);
    await lookUntil(() => next() === '{"from":"2nd"}');
  });

  it.each<[string, () => Promise<void>, string]>([
    ['gone', () => rm(path), 'not found: '],
    ['no JSON', () => writeFile(path, '[{"x"'), 'contains invalid JSON: '],
    ['empty', () => writeFile(path, '[]'), 'is empty'],
    ['huge', () => truncate(path, 9 * 1024 * 1024), 'is larger than 8 MiB: '],
    ['a pipe', async () => (await rm(path), void execFileSync('mkfifo', [path])), 'is not a regular file: '],
  ])(
    'keeps the payloads before when the new file is %s, and says so until it is good',
    async (_, spoil, why) => {
      await writeFile(path, '[{"old":1}]');
      await source.start?.();
      await spoil();
      await lookUntil(() => source.trouble !== null);
      expect(source.trouble).toMatchObject({ code: 'PAYLOAD_FILE_UNUSABLE' });
      expect(source.trouble?.message).toContain(`Payload file ${why}`);
      expect(next()).toBe('{"old":1}');
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatchObject({ level: 50 });
      expect(lines[0]?.msg).toContain('the payloads before stay in use: Payload file');
      await rm(path, { force: true });
      await writeFile(path, '[{"new":1}]');
      await lookUntil(() => next() === '{"new":1}');
      expect(source.trouble).toBeNull();
      expect(logged().at(-1)).toBe('The payload file of the emitter e was read again.');
      expect(logged().at(-2)).toMatch(/stay in use: over after \d+ s/);
    },
  );

  it('reminds once a minute of a file that stays bad, without reading it again', async () => {
    await writeFile(path, '[{"old":1}]');
    await source.start?.();
    await writeFile(path, 'x');
    await lookUntil(() => source.trouble !== null);
    const { trouble } = source;
    await eventually(async () => {
      await clock.advance(1000);
      expect(lines).toHaveLength(2);
    });
    expect(source.trouble).toBe(trouble);
    expect(lines[1]?.msg).toMatch(/\(\d+ times in \d+ s\)/);
  });

  it('does not read a file that is still being written', async () => {
    await writeFile(path, '[{"old":1}]');
    await source.start?.();
    for (let i = 0; i < 9; i += 1) {
      await writeFile(path, `[{"half":"${'x'.repeat(i + 1)}`);
      const { sleeps } = clock;
      await clock.advance(1000);
      await eventually(() => expect(clock.sleeps).toBe(sleeps + 1));
    }
    expect([source.trouble, next(), lines]).toEqual([null, '{"old":1}', []]);
  });

  it('says so when a file is another one at each look, until it rests', async () => {
    await writeFile(path, '[{"old":1}]');
    await source.start?.();
    for (let i = 0; i < 12; i += 1) {
      await writeFile(path, `[{"new":"${'x'.repeat(i)}"}]`);
      const { sleeps } = clock;
      await clock.advance(1000);
      await eventually(() => expect(clock.sleeps).toBe(sleeps + 1));
    }
    expect(source.trouble).toMatchObject({
      code: 'PAYLOAD_FILE_UNUSABLE',
      message: `Payload file keeps changing: ${path}`,
    });
    expect(lines).toEqual([expect.objectContaining({ level: 50 })]);
    expect(next()).toBe('{"old":1}');
    await lookUntil(() => source.trouble === null);
    expect(next()).toBe(`{"new":"${'x'.repeat(11)}"}`);
    expect(logged().at(-2)).toContain('stay in use: over after');
  });

  it('does not start without a good file', async () => {
    await expect(source.start?.()).rejects.toMatchObject({
      code: 'PAYLOAD_FILE_UNUSABLE',
      message: `Payload file not found: ${path}`,
    });
    await writeFile(path, '[1]');
    await expect(source.start?.()).rejects.toThrow('Each payload must be a JSON object');
  });
});
