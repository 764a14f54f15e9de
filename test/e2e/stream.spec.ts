import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { createGzip } from 'node:zlib';
import { createInterface } from 'node:readline';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, post, startApp, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startProcess } from '../support/process.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ BODY_LIMIT: '2000', STREAM_STALL_MS: '400' });
});
afterAll(() => app.stop());

interface OpenStream {
  sending: ClientRequest;
  answer: Promise<IncomingMessage>;
}

function open(url: string, headers: Record<string, string> = {}): OpenStream {
  const sending = request(new URL('/produce/stream', url), {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  });
  const answer = once(sending, 'response').then(([message]) => message as IncomingMessage);
  answer.catch(() => undefined);
  sending.on('error', () => undefined);
  return { sending, answer };
}

type Line = Record<string, unknown> & { error?: { code: string } };

async function lines(answer: IncomingMessage): Promise<Line[]> {
  const read: Line[] = [];
  for await (const line of createInterface({ input: answer })) read.push(JSON.parse(line) as Line);
  return read;
}

async function stream(text: string): Promise<Line[]> {
  const { sending, answer } = open(app.url);
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
    const { sending, answer } = open(app.url);
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
    const { sending, answer } = open(app.url, { 'content-encoding': 'gzip' });
    const gzip = createGzip();
    gzip.pipe(sending);
    gzip.end('{"topic":"zip","message":1}\n');
    expect((await lines(await answer)).at(-1)).toMatchObject({ done: true, written: 1 });
    expect(await stream('')).toEqual([{ done: true, records: 0, written: 0, failed: 0 }]);
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
    const { sending, answer } = open(app.url);
    sending.flushHeaders();
    const message = await answer;
    const record = `${JSON.stringify({ topic: 'stall', message: 'x' })}\n`.repeat(200);
    const heldUp = async () => {
      if (sending.write(record)) return false;
      const drained = once(sending, 'drain').then(() => false);
      return Promise.race([drained, delay(1500, true)]);
    };
    let chunks = 0;
    while (!(await heldUp())) expect((chunks += 1)).toBeLessThan(100_000);
    const results = await lines(message);
    expect(results.at(-1)).toMatchObject({ done: false, error: { code: 'STREAM_STALLED' } });
    expect(results.slice(0, -1).every(({ success }) => success === true)).toBe(true);
    sending.destroy();
  }, 30_000);

  it('leaves nothing behind when the client breaks off', async () => {
    const { sending, answer } = open(app.url);
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

describe('a long stream', () => {
  it('holds back instead of growing: 300,000 records in under 250 MB', async () => {
    const service = await startProcess();
    const { sending, answer } = open(service.url);
    sending.flushHeaders();
    const total = 300_000;
    const write = async () => {
      for (let n = 0; n < total; n += 100) {
        const chunk = Array.from(
          { length: 100 },
          (_, k) => `{"topic":"long","key":"k${k}","message":{"n":${n + k},"pad":"${'x'.repeat(120)}"}}\n`,
        );
        if (!sending.write(chunk.join(''))) await once(sending, 'drain');
      }
      sending.end();
    };
    const writing = write();
    let count = 0;
    let last = '';
    for await (const line of createInterface({ input: await answer })) {
      count += 1;
      last = line;
    }
    await writing;
    expect(count).toBe(total + 1);
    expect(JSON.parse(last)).toEqual({ done: true, records: total, written: total, failed: 0 });
    const status = await readFile(`/proc/${service.child.pid}/status`, 'utf8').catch(() => '');
    const peakKb = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
    expect(peakKb).toBeLessThan(250 * 1024);
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
  }, 120_000);

  it('ends with a coded last line when the service stops', async () => {
    const service = await startProcess();
    const { sending, answer } = open(service.url);
    sending.write('{"topic":"stop","message":1}\n');
    const message = await answer;
    await once(message, 'readable');
    service.child.kill('SIGTERM');
    const results = await lines(message);
    expect(results[0]).toMatchObject({ success: true });
    expect(results.at(-1)).toMatchObject({ done: false, error: { code: 'SHUTTING_DOWN' }, written: 1 });
    expect(await service.exited).toBe(0);
  });
});
