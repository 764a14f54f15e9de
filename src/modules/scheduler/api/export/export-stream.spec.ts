import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import type { Monitor } from '../../../../ports/monitor-store.port.js';
import { exportStream, type ExportFormat } from './export-stream.js';

const monitors = (count: number) => Array.from({ length: count }, (_, i) => ({ id: `m${i}` }) as Monitor);

interface Options {
  format?: ExportFormat;
  stallMs?: number;
  stopping?: AbortSignal;
  pad?: string;
}

function open(all: Monitor[], { format = 'json', stallMs = 5000, stopping, pad = '' }: Options = {}) {
  const asked: (string | null)[] = [];
  const page = (after: string | null) => {
    asked.push(after);
    const from = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1;
    return Promise.resolve(all.slice(from, from + 2));
  };
  const stream = exportStream(all.slice(0, 2), {
    format,
    page,
    pageSize: 2,
    view: ({ id }) => ({ id, pad }),
    stallMs,
    stopping: stopping ?? new AbortController().signal,
  });
  return { stream, asked };
}

describe('an export', () => {
  it.each([0, 1, 2, 3, 4, 5])('of %i monitors is whole in both formats', async (count) => {
    const ids = monitors(count).map(({ id }) => ({ id, pad: '' }));
    expect(JSON.parse(await text(open(monitors(count)).stream))).toEqual(ids);
    const lines = await text(open(monitors(count), { format: 'ndjson' }).stream);
    expect(
      lines
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(ids);
    expect(lines === '' || lines.endsWith('\n')).toBe(true);
  });

  it('reads no further than its reader does, and is broken off when that one stays away', async () => {
    const { stream, asked } = open(monitors(1000), { stallMs: 50, pad: 'x'.repeat(100_000) });
    stream.once('readable', () => undefined);
    const [error] = (await once(stream, 'error')) as [Error];
    expect(error).toMatchObject({ code: 'STREAM_STALLED' });
    expect(asked.length).toBeLessThan(5);
  });

  it('is broken off, and does not end as if it were whole, when the process stops', async () => {
    const stop = new AbortController();
    const { stream } = open(monitors(10), { stopping: stop.signal });
    stop.abort();
    await expect(text(stream)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});
