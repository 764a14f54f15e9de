import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { FileStore, FileStoreOptions } from '../../src/modules/processor/files/file-store.js';
import type { FileToWrite } from '../../src/modules/processor/files/file-to-write.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { message, messagesIn, nameless, newFolder, newStore, unfinished } from './support/folder.js';
import { StuckFile } from './support/stuck-file.js';

const SILENT = { code: 'OUTPUT_UNUSABLE', retryable: true };
/** Stops the batch that it is in. */
const stopper = nameless('p', { redelivered: true });

describe('a disk that does not answer', () => {
  let folder: string;
  let store: FileStore;
  let stuck: StuckFile;
  let changes: (string | undefined)[];
  let lines: { level: number; msg: string }[];
  let ends: Record<string, string>;

  function begin(options: Partial<FileStoreOptions> = {}): void {
    const stream = new Writable({
      write(chunk: Buffer, _, done) {
        lines.push(JSON.parse(chunk.toString()) as (typeof lines)[number]);
        done();
      },
    });
    ({ store } = newStore(folder, {}, { logger: pino(stream), ...options }));
    store.onTrouble(() => changes.push(store.trouble?.code));
  }

  /** Each in a batch of its own: two are at the worker, the others wait. */
  async function send(...files: FileToWrite[]): Promise<void> {
    for (const file of files) {
      const { name } = JSON.parse(Buffer.from(file.content).toString()) as { name: string };
      store.write(file).then(
        ({ outcome }) => (ends[name] = outcome),
        ({ code }: { code: string }) => (ends[name] = code),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  beforeEach(() => {
    folder = join(newFolder(), 'out');
    changes = [];
    lines = [];
    ends = {};
  });
  afterEach(async () => {
    stuck.release();
    await store.stop().catch(() => undefined);
  });

  it('is trouble, said once a minute, until it answers; what it has in hand is then written', async () => {
    const clock = new ManualClock(Date.now());
    begin({ answerMs: 300, clock });
    await store.start();
    stuck = StuckFile.atRedelivery(folder);
    await send(stopper, message('a'), message('b'));
    await stuck.caught();
    await eventually(() => expect(store.trouble).toMatchObject(SILENT));
    expect(store.trouble!.message).toContain(`OUTPUT_FOLDER ${folder}: the disk does not answer`);
    await send(message('c'));
    await eventually(() => expect(ends).toEqual({ b: 'OUTPUT_UNUSABLE', c: 'OUTPUT_UNUSABLE' }));
    expect(lines).toHaveLength(1);
    await clock.advance(61_000);
    await eventually(() => expect(lines).toHaveLength(2));
    stuck.release();
    await eventually(() => expect(ends).toMatchObject({ p: 'written', a: 'written' }));
    expect(store.trouble).toBeNull();
    await send(message('b'), message('c'));
    await eventually(() => expect(messagesIn(folder)).toEqual(['a', 'b', 'c', 'p']));
    expect(changes).toEqual(['OUTPUT_UNUSABLE', undefined]);
    expect(lines.map(({ level }) => level)).toEqual([50, 50, 30]);
    expect(lines[0]!.msg).toMatch(/^Files cannot be written: OUTPUT_FOLDER .* the disk does not answer/);
    expect(lines[1]!.msg).toMatch(/^Files cannot be written \(\d+ times in 61 s\)/);
    expect(lines[2]!.msg).toMatch(/^Files cannot be written: over after 61 s/);
  });

  it('stays trouble when its late answer is an error', async () => {
    begin({ answerMs: 300 });
    await store.start();
    stuck = StuckFile.atRedelivery(folder);
    await send(stopper);
    await stuck.caught();
    await eventually(() => expect(store.trouble).toMatchObject(SILENT));
    renameSync(folder, `${folder}-away`);
    stuck.release();
    await eventually(() => expect(ends).toEqual({ p: 'OUTPUT_UNUSABLE' }));
    expect(store.trouble!.message).toContain('the folder is not there: bring it back (ENOENT)');
    expect(changes).toEqual(['OUTPUT_UNUSABLE']);
    renameSync(`${folder}-away`, folder);
    await eventually(() => expect(changes).toEqual(['OUTPUT_UNUSABLE', undefined]));
  });

  it('does not hold up the start, and opens later', async () => {
    begin({ openMs: 300 });
    stuck = StuckFile.atOpening(folder);
    await store.start();
    expect(store.trouble).toMatchObject(SILENT);
    await send(message('a'));
    expect(ends).toEqual({ a: 'OUTPUT_UNUSABLE' });
    await stuck.caught();
    stuck.release();
    await eventually(() => expect(store.trouble).toBeNull());
    await send(message('a'));
    await eventually(() => expect(ends).toEqual({ a: 'written' }));
  });

  it('does not hold up the stop: what is in doubt is rejected, and the thread is given up', async () => {
    begin();
    await store.start();
    stuck = StuckFile.atRedelivery(folder);
    await send(stopper, message('a'), message('b'));
    await stuck.caught();
    await expect(store.stop(1_000)).rejects.toMatchObject({
      ...SILENT,
      message: expect.stringMatching(/the disk did not answer in time.* 2 files are in doubt/) as unknown,
    });
    expect(ends).toEqual({ p: 'SHUTTING_DOWN', a: 'SHUTTING_DOWN', b: 'SHUTTING_DOWN' });
    await expect(store.write(message('c'))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('does not hold up the stop while it opens', async () => {
    begin({ openMs: 300 });
    stuck = StuckFile.atOpening(folder);
    await store.start();
    await stuck.caught();
    await expect(store.stop(1_000)).rejects.toMatchObject(SILENT);
  });

  it('leaves nothing in doubt when it answers before the end of the stop', async () => {
    begin();
    await store.start();
    stuck = StuckFile.atRedelivery(folder);
    await send(stopper, message('a'), message('b'));
    await stuck.caught();
    const stopped = store.stop();
    stuck.release();
    await stopped;
    expect(ends).toEqual({ p: 'written', a: 'written', b: 'written' });
    expect(unfinished(folder)).toEqual([]);
  });
});
