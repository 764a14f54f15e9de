import { describe, expect, it } from '@jest/globals';
import type { Monitor } from '../../../../ports/monitor-store.port.js';
import { monitorTexts } from '../monitor-texts.js';
import { exportPieces, type ExportFormat } from './export-pieces.js';

const monitors = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ id: `m${String(i).padStart(4, '0')}` }) as Monitor);

function open(all: Monitor[], format: ExportFormat = 'json', pad = '') {
  const asked: number[] = [];
  const page = (_: unknown, after: string | null, limit: number) => {
    asked.push(limit);
    const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
    return Promise.resolve(all.slice(from, from + limit));
  };
  const texts = monitorTexts({ page }, {}, null, ({ id }) => ({ id, pad }));
  return { pieces: exportPieces(texts, format), asked };
}

async function whole(pieces: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

describe('an export', () => {
  it.each([0, 1, 7, 8, 9, 300])('of %i monitors is whole in both formats', async (count) => {
    const ids = monitors(count).map(({ id }) => ({ id, pad: '' }));
    expect(JSON.parse((await whole(open(monitors(count)).pieces)).join(''))).toEqual(ids);
    const lines = (await whole(open(monitors(count), 'ndjson').pieces)).join('');
    expect(
      lines
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(ids);
    expect(lines === '' || lines.endsWith('\n')).toBe(true);
  });

  it('lets the event loop turn between two fetches', async () => {
    let turns = 0;
    const turnsAtFetch: number[] = [];
    const page = () => {
      setImmediate(() => (turns += 1));
      turnsAtFetch.push(turns);
      return Promise.resolve(monitors(turnsAtFetch.length < 4 ? 100 : 0));
    };
    for await (const { id } of monitorTexts({ page }, {}, null, ({ id }) => ({ id })))
      expect(id).toBeDefined();
    expect(turnsAtFetch).toEqual([0, 1, 2, 3]);
  });

  it('is in pieces of 64 KiB and one monitor at most, and fetches few monitors that are large', async () => {
    const { pieces, asked } = open(monitors(200), 'json', 'x'.repeat(60_000));
    expect(Math.max(...(await whole(pieces)).map(({ length }) => length))).toBeLessThan(130_000);
    expect(Math.max(...asked)).toBeLessThan(10);
    const small = open(monitors(200));
    await whole(small.pieces);
    expect(small.asked.length).toBeLessThan(5);
  });

  it('reads no further than its reader does', async () => {
    const { pieces, asked } = open(monitors(1000), 'json', 'x'.repeat(60_000));
    await pieces.next();
    await pieces.next();
    expect(asked).toHaveLength(1);
    await pieces.return(undefined);
  });
});
