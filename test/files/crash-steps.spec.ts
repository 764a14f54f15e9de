import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FileEngine } from '../../src/modules/processor/files/worker/engine.js';
import type { Step } from '../../src/modules/processor/files/worker/steps.js';
import { dieWriting } from './support/die.js';
import {
  filesIn,
  manifestOf,
  message,
  messagesIn,
  nameOf,
  nameless,
  newFolder,
  openEngine,
  settings,
  unfinished,
} from './support/folder.js';

/** Each step, and how many messages of the batch have passed it before. */
const DEATHS: [Step, number][] = [
  ['parts', 0],
  ['listed', 0],
  ['durable', 0],
  ['claim', 0],
  ['claim', 2],
  ['claimed', 0],
  ['place', 0],
  ['place', 3],
  ['placed', 0],
  ['entered', 0],
];

const named = ['a', 'b', 'c', 'd'].map((name) => message(name));
const unnamed = ['p', 'q', 'r', 'r'].map((name) => nameless(name));
const batch = [...named, ...unnamed];
const again = batch.map((file) => ({ ...file, redelivered: true }));
const all = ['a', 'b', 'c', 'd', 'p', 'q', 'r', 'r'];

let open: FileEngine[] = [];
async function engineOn(folder: string): Promise<FileEngine> {
  const engine = await openEngine(folder);
  open.push(engine);
  return engine;
}
afterEach(async () => {
  for (const engine of open) await engine.close();
  open = [];
});

function expectBooksInOrder(folder: string): void {
  const lines = manifestOf(folder);
  expect(lines.map(({ file }) => file).sort()).toEqual(filesIn(folder).sort());
  expect(unfinished(folder)).toEqual([]);
}

describe.each(DEATHS)('a process killed at %s, after %i', (step, passes) => {
  it('leaves what the next process makes exactly one whole file of each, also without ids', async () => {
    const folder = newFolder();
    expect(await dieWriting(settings(folder), batch, step, passes)).toBe('SIGKILL');
    messagesIn(folder);

    const engine = await engineOn(folder);
    await engine.write(again);
    expect(messagesIn(folder)).toEqual(all);
    await engine.write(again.slice(0, 4));
    expect(messagesIn(folder)).toEqual(all);
    expectBooksInOrder(folder);
  });

  it('makes no second file where a reader has taken the first one away', async () => {
    const folder = newFolder();
    await dieWriting(settings(folder), batch, step, passes);
    const taken = filesIn(folder).map((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      rmSync(join(folder, file));
      return nameOf(text);
    });
    const engine = await engineOn(folder);
    await engine.write(again);
    expect([...taken, ...messagesIn(folder)].sort()).toEqual(all);
  });

  it('does the same to a replica that was running all the time', async () => {
    const folder = newFolder();
    const engine = await engineOn(folder);
    await dieWriting(settings(folder), batch, step, passes);
    // The broker is quicker than the look for dead processes.
    const { outcomes } = await engine.write(again);
    expect(outcomes).toHaveLength(batch.length);
    await engine.recover();
    const found = messagesIn(folder);
    expect(found.filter((name) => name < 'p')).toEqual(['a', 'b', 'c', 'd']);
    expect(new Set(found)).toEqual(new Set(all));
    expect(found.filter((name) => name === 'r').length).toBeGreaterThanOrEqual(2);
    expectBooksInOrder(folder);
  });
});

describe('a process killed between its last step and the acknowledgement', () => {
  it('leaves ids known; what has no id was done with, and is written again', async () => {
    const folder = newFolder();
    await dieWriting(settings(folder), batch, 'done');
    const engine = await engineOn(folder);
    await engine.write(again);
    expect(messagesIn(folder)).toEqual(['a', 'b', 'c', 'd', 'p', 'p', 'q', 'q', 'r', 'r', 'r', 'r']);
    expectBooksInOrder(folder);
  });
});

describe('what a dead process left', () => {
  it('counts for one delivery each: an equal message makes a file of its own', async () => {
    const folder = newFolder();
    await dieWriting(settings(folder), [nameless('p')], 'placed');
    const engine = await engineOn(folder);
    const outcome = async (redelivered: boolean) =>
      (await engine.write([nameless('p', { redelivered })])).outcomes[0]!.outcome;
    expect(await outcome(false)).toBe('written');
    expect(await outcome(true)).toBe('known');
    expect(await outcome(true)).toBe('written');
    expect(messagesIn(folder)).toEqual(['p', 'p', 'p']);
  });

  it('is finished once, whoever comes first', async () => {
    const folder = newFolder();
    await dieWriting(settings(folder), batch, 'claimed');
    const engines = await Promise.all([1, 2, 3].map(() => engineOn(folder)));
    expect(messagesIn(folder)).toEqual(all);
    for (const engine of engines) await engine.recover();
    expect(messagesIn(folder)).toEqual(all);
    expectBooksInOrder(folder);
  });

  it('outlives the death of the one that finishes it', async () => {
    const folder = newFolder();
    await dieWriting(settings(folder), batch, 'claimed');
    // It dies in its own batch, having finished the other's.
    await dieWriting(settings(folder), [message('e')], 'durable');
    await engineOn(folder);
    expect(messagesIn(folder)).toEqual(['a', 'b', 'c', 'd', 'e', ...all.slice(4)]);
    expectBooksInOrder(folder);
  });
});
