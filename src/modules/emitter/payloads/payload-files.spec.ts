import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { eventually } from '../../../../test/support/eventually.js';
import { ManualClock } from '../../../../test/support/manual-clock.js';
import type { PayloadOrder } from '../../../config/emitter-settings.js';
import { openPayload } from './open-payload.js';
import { PayloadFiles } from './payload-files.js';
import type { PayloadSource } from './payload-source.js';

const MIB = 1024 * 1024;
const TICK = { plannedAt: 0, count: 1 };

let folder: string;
let clock: ManualClock;
let lines: { msg: string }[];
let files: PayloadFiles;
let sources: PayloadSource[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon-payloads-'));
  clock = new ManualClock(1_000_000);
  lines = [];
  files = new PayloadFiles(pino({}, { write: (line: string) => lines.push(JSON.parse(line)) }), clock);
  sources = [];
});

afterEach(async () => {
  for (const source of sources) await source.stop?.();
  await rm(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const next = (source: PayloadSource) => source.next(TICK);
/** Of so many bytes. */
const large = (bytes: number, letter = 'x') => `[{"a":"é${letter.repeat(bytes - 15)}"},{}]`;

function opened(name: string, file: string, order: PayloadOrder = 'sequence'): PayloadSource {
  const payload = { kind: 'file', path: at(file), order } as const;
  const source = openPayload({ name, payload }, { payloadFiles: files, clock, random: () => 0 });
  sources.push(source);
  return source;
}

async function lookUntil(isSo: () => boolean): Promise<void> {
  await eventually(async () => {
    await clock.advance(1000);
    expect(isSo()).toBe(true);
  });
}

describe('a payload file of many emitters', () => {
  it('is read once for all, and each goes through it in its own order', async () => {
    await writeFile(at('p.json'), '[{"a":1},{"b":2},{"c":3}]');
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => opened(name, 'p.json'));
    const random = opened('e', 'p.json', 'random');
    for (const source of sources) await source.start?.();
    expect([next(a!), next(a!), next(b!), next(random), next(a!)]).toEqual([
      '{"a":1}',
      '{"b":2}',
      '{"a":1}',
      '{"a":1}',
      '{"c":3}',
    ]);
    expect(files.at(at('p.json'), 'x')).toBe(files.at(at('p.json'), 'y'));
    await a?.stop?.();
    await a?.stop?.();
    await writeFile(at('p.json'), '[{"new":1}]');
    await lookUntil(() => next(d!) === '{"new":1}');
    expect([next(b!), next(c!)]).toEqual(['{"new":1}', '{"new":1}']);
    expect(lines.map(({ msg }) => msg)).toEqual([
      'The payload file of the emitters a, b, c and 4 more was read again.',
    ]);
  });

  it('can be opened by one after another has failed', async () => {
    const [a, b] = [opened('a', 'p.json'), opened('b', 'p.json')];
    await expect(Promise.all([a.start?.(), b.start?.()])).rejects.toThrow('Payload file not found');
    await writeFile(at('p.json'), '[{"a":1}]');
    await b.start?.();
    expect(next(b)).toBe('{"a":1}');
  });
});

describe('a large payload file', () => {
  it('is parsed elsewhere, while the loop goes on', async () => {
    await writeFile(at('p.json'), large(8 * MIB));
    const source = opened('a', 'p.json');
    let turns = 0;
    const counting = setInterval(() => (turns += 1), 1);
    await source.start?.().finally(() => clearInterval(counting));
    expect(next(source)).toBe(large(8 * MIB).slice(1, -4));
    expect(next(source)).toBe('{}');
    expect(turns).toBeGreaterThan(5);
  });

  it('is refused in the same words', async () => {
    await writeFile(at('p.json'), `${large(MIB)}x`);
    await expect(opened('a', 'p.json').start?.()).rejects.toMatchObject({
      code: 'PAYLOAD_FILE_UNUSABLE',
      message: `Payload file contains invalid JSON: ${at('p.json')}`,
    });
  });

  it('is not taken when all together grow beyond 64 MiB', async () => {
    for (let i = 0; i < 8; i += 1) {
      await writeFile(at(`${i}.json`), large(8 * MIB));
      await opened(`e${i}`, `${i}.json`).start?.();
    }
    await writeFile(at('small.json'), '[{}]');
    const ninth = opened('ninth', 'small.json');
    const because = 'makes all payload files together larger than 64 MiB';
    await expect(ninth.start?.()).rejects.toThrow(because);
    await writeFile(at('0.json'), large(8 * MIB - 10));
    await lookUntil(() => lines.length > 0);
    await ninth.start?.();
    await writeFile(at('small.json'), `[{"a":"${'x'.repeat(100)}"}]`);
    await lookUntil(() => ninth.trouble !== null);
    expect(ninth.trouble?.message).toContain(because);
    expect(next(ninth)).toBe('{}');
  });
});
