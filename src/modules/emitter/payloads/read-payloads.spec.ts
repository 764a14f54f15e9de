import { mkdtemp, open, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readPayloads } from './read-payloads.js';

const SIZE = 4 * 1024 * 1024;
const LONG_AGO = new Date(1_600_000_000_000);
const options = { otherBytes: 0, inTurn: <T>(work: () => Promise<T>) => work() };
const filled = (letter: string) => Buffer.from(`[{"x":"${letter.repeat(SIZE)}"}]`);

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carillon-payloads-'));
  path = join(folder, 'p.json');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

it('never answers what is half of one version and half of another', async () => {
  await writeFile(path, filled('a'));
  const file = await open(path, 'r+');
  let changed = 0;
  for (let round = 0; round < 300 && changed < 5; round += 1) {
    await utimes(path, LONG_AGO, LONG_AGO);
    const reading = readPayloads(path, options);
    for (let turns = 0; turns < round % 30; turns += 1) await turn();
    await file.write(filled(round % 2 === 0 ? 'b' : 'a'), 0, undefined, 0);
    const read = await reading;
    if (!read) changed += 1;
    else
      expect(['a', 'b'].some((letter) => `[${read.payloads.at(0)}]` === filled(letter).toString())).toBe(
        true,
      );
  }
  await file.close();
  expect(changed).toBe(5);
});

it('has another version for each file that was there', async () => {
  await writeFile(path, '[{}]');
  const first = await readPayloads(path, options);
  await writeFile(path, '[{},{}]');
  const second = await readPayloads(path, options);
  expect([first?.payloads.length, second?.payloads.length]).toEqual([1, 2]);
  expect(first?.version).not.toBe(second?.version);
});
