import { createGzip } from 'node:zlib';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, post, startApp, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { lines, openStream, type Line } from '../support/ndjson.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ BODY_LIMIT: '2000', STREAM_STALL_MS: '400' });
});
afterAll(() => app.stop());

async function stream(text: string): Promise<Line[]> {
  const { sending, answer } = openStream(app.url);
  sending.end(text);
  return lines(await answer);
}

describe('POST /produce/stream', () => {
  it('answers one result a line, in order, and the totals last', async () => {
    const records = Array.from({ length: 500 }, (_, n) =>
      JSON.stringify({ topic: 's', message: { n }, partition: n % 3 }),
    );
    const results = await stream(records.join('\n'));
    expect(results).toHaveLength(501);
    expect(results.at(-1)).toEqual({ done: true, records: 500, written: 500, failed: 0 });
    for (const [n, result] of results.slice(0, -1).entries()) {
      expect(result).toMatchObject({
        success: true,
        topic: 's',
        partition: n % 3,
        offset: Math.floor(n / 3),
      });
    }
    const { body } = await get(`${app.url}/topics/s/records?partition=1&limit=1000`);
    expect(body.records.map(({ value }: { value: { n: number } }) => value.n)).toEqual(
      Array.from({ length: 500 }, (_, n) => n).filter((n) => n % 3 === 1),
    );
  });

  it('answers while the request is still being written', async () => {
    const { sending, answer } = openStream(app.url);
    sending.write('{"topic":"live","message":1}\n');
    const results = createInterface({ input: await answer })[Symbol.asyncIterator]();
    expect(JSON.parse((await results.next()).value as string)).toMatchObject({ success: true, offset: 0 });
    sending.write('{"topic":"live","message":2}\n');
    expect(JSON.parse((await results.next()).value as string)).toMatchObject({ success: true });
    sending.end();
    expect(JSON.parse((await results.next()).value as string)).toMatchObject({ done: true, records: 2 });
  });

  it('makes a bad line an error result, and goes on', async () => {
    const results = await stream(
      [
        '{"topic":"mixed","message":1}',
        '{"topic":',
        '[]',
        `"${'x'.repeat(3000)}"`,
        '',
        '{"topic":"mixed","message":1.0}',
      ].join('\n'),
    );
    expect(results.map((line) => line.error?.code ?? line.success ?? line.done)).toEqual([
      true,
      'MALFORMED_JSON',
      'VALIDATION_FAILED',
      'BODY_TOO_LARGE',
      true,
      true,
    ]);
    expect(results.at(-1)).toEqual({ done: true, records: 5, written: 2, failed: 3 });
  });

  it('takes gzip, and an empty stream', async () => {
    const { sending, answer } = openStream(app.url, { 'content-encoding': 'gzip' });
    const gzip = createGzip();
    gzip.pipe(sending);
    gzip.end('{"topic":"zip","message":1}\n');
    expect((await lines(await answer)).at(-1)).toMatchObject({ done: true, written: 1 });
    expect(await stream('')).toEqual([{ done: true, records: 0, written: 0, failed: 0 }]);
  });

  it('ends with a coded last line when the gzip is broken, and takes no Idempotency-Key', async () => {
    const { sending, answer } = openStream(app.url, { 'content-encoding': 'gzip' });
    sending.end('this is no gzip');
    expect(await lines(await answer)).toEqual([
      expect.objectContaining({
        done: false,
        error: expect.objectContaining({ code: 'BAD_REQUEST', requestId: expect.any(String) }),
      }),
    ]);
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': 'k' };
    expect((await post(`${app.url}/produce/stream`, '{"topic":"a","message":1}', headers)).body.code).toBe(
      'IDEMPOTENCY_KEY_INVALID',
    );
  });

  it('refuses other content types, and NDJSON elsewhere', async () => {
    const answer = await post(`${app.url}/produce/stream`, { topic: 'a', message: 1 });
    expect({ status: answer.status, code: answer.body.code }).toEqual({
      status: 415,
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
    for (const path of ['/produce', '/produce/batch']) {
      const other = await post(`${app.url}${path}`, '{"topic":"a","message":1}', {
        'content-type': 'application/x-ndjson',
      });
      expect({ path, status: other.status }).toEqual({ path, status: 415 });
    }
  });

  it('cuts off a client that does not read its results, with a coded last line', async () => {
    const { sending, answer } = openStream(app.url);
    sending.flushHeaders();
    const message = await answer;
    const record = `${JSON.stringify({ topic: 'stall', message: 'x' })}\n`.repeat(200);
    // A pause alone may only mean that the service is slow.
    const isStalled = async () =>
      (await get(`${app.url}/metrics`)).text.includes('\ncarillon_http_stalled_total 1\n');
    while (!(await isStalled())) {
      while (!sending.writableNeedDrain && sending.write(record));
      await Promise.race([once(sending, 'drain'), delay(50)]);
    }
    const results = await lines(message);
    expect(results.at(-1)).toMatchObject({ done: false, error: { code: 'STREAM_STALLED' } });
    expect(results.slice(0, -1).every(({ success }) => success === true)).toBe(true);
    sending.destroy();
  }, 120_000);

  it('leaves nothing behind when the client breaks off', async () => {
    const { sending, answer } = openStream(app.url);
    sending.write('{"topic":"broken","message":1}\n{"topic":"broken","mess');
    await once((await answer).resume(), 'data');
    sending.destroy();
    await eventually(async () => {
      const { body } = await get(`${app.url}/topics/broken`);
      expect(body.partitions.reduce((sum: number, { next }: { next: number }) => sum + next, 0)).toBe(1);
    });
    expect((await stream('{"topic":"broken","message":2}')).at(-1)).toMatchObject({ written: 1 });
  });
});
