import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import {
  filesIn,
  manifestOf,
  message,
  messagesIn,
  nameless,
  newFolder,
  openEngine,
  settings,
  unfinished,
} from './support/folder.js';
import { orders, TestQueue } from './support/queue.js';

describe('replicas on one folder', () => {
  it('make one file of each id between them, though each gets every message, and two are killed', async () => {
    const folder = newFolder();
    const sent = orders('id-', 3_000, true);
    const names = sent.map(({ name }) => name).sort();
    const queues = [sent, [...sent].reverse(), [...sent.slice(1_500), ...sent.slice(0, 1_500)]].map(
      (turned) => new TestQueue(turned),
    );
    const run = async (queue: TestQueue, isKilled: boolean) => {
      if (isKilled) {
        const victim = await queue.consume(settings(folder));
        await delay(150);
        await victim.die();
      }
      const consumer = await queue.consume(settings(folder));
      await eventually(() => expect(consumer.isIdle()).toBe(true), 60_000);
      await consumer.finish();
    };
    await Promise.all(queues.map((queue, i) => run(queue, i > 0)));
    for (const queue of queues) {
      expect(queue.refused).toEqual([]);
      expect(new Set(queue.acked)).toEqual(new Set(names));
    }
    expect(messagesIn(folder)).toEqual(names);
    expect(
      manifestOf(folder)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(names);
    expect(unfinished(folder)).toEqual([]);
  }, 120_000);

  it('never meet on a name, in the same microsecond either', async () => {
    const folder = newFolder();
    const clock = new ManualClock(Date.UTC(2024, 11, 1, 14, 30, 22, 123));
    const engines = await Promise.all([1, 2, 3].map(() => openEngine(folder, {}, clock)));
    await Promise.all(
      engines.flatMap((engine, e) =>
        Array.from({ length: 5 }, (_, i) => engine.write([nameless(`${e}-${i}`), nameless(`${e}+${i}`)])),
      ),
    );
    const files = filesIn(folder);
    expect(files).toHaveLength(30);
    for (const file of files) expect(file).toMatch(/^20241201_143022_\d{6}_expense\.created\.json$/);
    expect(new Set(messagesIn(folder)).size).toBe(30);
    for (const engine of engines) await engine.close();
  });

  it('go on as somebody else when they were taken for dead, and lose nothing', async () => {
    const folder = newFolder();
    const clock = new ManualClock(Date.now());
    const slow = await openEngine(folder, {}, clock);
    const other = await openEngine(folder, {}, clock);
    await slow.write([message('a')]);
    await other.recover();
    await clock.advance(61_000);
    await other.recover();
    await expect(slow.write([message('b'), nameless('c')])).rejects.toThrow('another process took over');
    await slow.open(0);
    await slow.write([message('a'), message('b'), nameless('c', { redelivered: true })]);
    expect(messagesIn(folder)).toEqual(['a', 'b', 'c']);
    await slow.close();
    await other.close();
  });

  it('keep the order of their own files in the names', async () => {
    const folder = newFolder();
    const clock = new ManualClock(Date.now());
    const engine = await openEngine(folder, {}, clock);
    for (let i = 0; i < 5; i++) {
      await engine.write([nameless(`${i}-0`), nameless(`${i}-1`)]);
      if (i === 2) await clock.advance(-3_600_000);
    }
    const inOrder = filesIn(folder)
      .sort()
      .map((file) => (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { name: string }).name);
    expect(inOrder).toEqual([0, 1, 2, 3, 4].flatMap((i) => [`${i}-0`, `${i}-1`]));
    await engine.close();
  });
});
