import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { nameOf, newFolder, settings, unfinished } from './support/folder.js';
import { orders, TestQueue } from './support/queue.js';

const KILLS = 20;

/** Reads every file that it sees at once, and takes it away, as a consumer of the folder does. */
class Reader {
  readonly read: string[] = [];
  private running = true;
  private readonly ended: Promise<void>;

  constructor(private readonly folder: string) {
    this.ended = this.run();
    // Told by `stop`.
    this.ended.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.running = false;
    await this.ended;
    this.look();
  }

  private async run(): Promise<void> {
    while (this.running) {
      this.look();
      await delay(1);
    }
  }

  private look(): void {
    for (const file of readdirSync(this.folder).filter((name) => name.endsWith('.json'))) {
      // Throws on half a file.
      this.read.push(nameOf(readFileSync(join(this.folder, file), 'utf8')));
      rmSync(join(this.folder, file));
    }
  }
}

/** Twenty processes one after the other, each killed in the middle of its work, and one that ends it. */
async function killed(folder: string, queue: TestQueue): Promise<number> {
  let inHand = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const consumer = await queue.consume(settings(folder));
    await delay(20 + 13 * (kill % 7));
    inHand += await consumer.die();
  }
  const last = await queue.consume(settings(folder));
  await eventually(() => expect(last.isIdle()).toBe(true), 60_000);
  await last.finish();
  return inHand;
}

describe('twenty processes killed with SIGKILL under load', () => {
  it('make exactly one file of each message with an id', async () => {
    const folder = newFolder();
    const sent = orders('id-', 5_000, true);
    const queue = new TestQueue(sent);
    const reader = new Reader(folder);
    const inHand = await killed(folder, queue);
    await reader.stop();
    expect(queue.refused).toEqual([]);
    expect(reader.read.sort()).toEqual(sent.map(({ name }) => name).sort());
    expect(unfinished(folder)).toEqual([]);
    // The kills came in the middle of work.
    expect(inHand).toBeGreaterThan(100);
  }, 120_000);

  it('make at least one whole file of each message without an id, and hardly more', async () => {
    const folder = newFolder();
    const sent = orders('none-', 5_000, false);
    const queue = new TestQueue(sent);
    const reader = new Reader(folder);
    await killed(folder, queue);
    await reader.stop();
    expect(queue.refused).toEqual([]);
    expect(new Set(reader.read)).toEqual(new Set(sent.map(({ name }) => name)));
    // Twice is only what was answered and not heard: some of two batches a kill.
    expect(reader.read.length - sent.length).toBeLessThan(KILLS * 256);
    expect(unfinished(folder)).toEqual([]);
  }, 120_000);
});
