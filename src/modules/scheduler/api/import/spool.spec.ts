import { Readable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { ByteBudget } from '../../../../core/byte-budget.js';
import { LineSplitter } from '../../../../core/line-splitter.js';
import { itemsOfLines } from './import-item.js';
import { spool, type SpoolLimits } from './spool.js';

const limits = (more: Partial<SpoolLimits> = {}): SpoolLimits => ({
  lines: 3,
  stallMs: 5000,
  wholeMs: 60_000,
  stopping: new AbortController().signal,
  ...more,
});
const body = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)));

async function places(...chunks: string[]) {
  const kept = await spool(body(...chunks), limits());
  const items: [number, unknown][] = [];
  for await (const item of itemsOfLines(kept.chunks(), new LineSplitter(1000, new ByteBudget(1000))))
    items.push([item.at, 'error' in item ? item.error.code : item.value]);
  await kept.dispose();
  return items;
}

describe('a streamed import', () => {
  it('comes back line by line, each with its number, wherever it was cut', async () => {
    const expected = [
      [1, { a: 1 }],
      [3, 'MALFORMED_JSON'],
      [4, 2],
    ];
    expect(await places('{"a":1}\n \nx\n2')).toEqual(expected);
    expect(await places(...'{"a":1}\r\n\nx\n2\n\n\n')).toEqual(expected);
    expect(await places('')).toEqual([]);
  });

  it('with too many lines is refused, blank ones apart', async () => {
    await expect(spool(body('1\n2\n', '3\n4'), limits())).rejects.toMatchObject({ code: 'IMPORT_TOO_LARGE' });
    await (await spool(body('\n1\n\n2\n \n3\n\n'), limits())).dispose();
  });

  it('that stays out, breaks off or meets a stop is refused in words', async () => {
    const silent = new PassThrough();
    silent.write('1\n');
    await expect(spool(silent, limits({ stallMs: 30 }))).rejects.toMatchObject({ code: 'BODY_TIMEOUT' });
    const dripping = new PassThrough();
    const drops = setInterval(() => dripping.write(' '), 5);
    const dripped = spool(dripping, limits({ wholeMs: 60 }));
    await expect(dripped).rejects.toMatchObject({
      code: 'BODY_TIMEOUT',
      message: expect.stringContaining('divide it'),
    });
    clearInterval(drops);
    const broken = new PassThrough();
    const reading = spool(broken, limits());
    broken.write('1\n');
    broken.destroy();
    await expect(reading).rejects.toMatchObject({ code: 'STREAM_BROKEN' });
    const stop = new AbortController();
    const waiting = spool(new PassThrough(), limits({ stopping: stop.signal }));
    stop.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
