import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Lifecycle } from '../../src/process/lifecycle.js';
import { post, startApp, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { lines, openStream } from '../support/ndjson.js';

const MIB = 1024 * 1024;

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({
    STREAM_STALL_MS: '500',
    STREAM_IDLE_MS: '1000',
    TAIL_CLIENTS: '64',
  });
});
afterAll(() => app.stop());

const GZIP = { 'content-encoding': 'gzip' };
const NDJSON = { 'content-type': 'application/x-ndjson' };

const BOMBS: [string, () => Buffer][] = [
  ['of newlines', () => gzipSync(Buffer.alloc(64 * MIB, '\n'))],
  ['of spaces', () => gzipSync(Buffer.alloc(64 * MIB, ' '))],
  ['of one line without end', () => gzipSync(Buffer.alloc(64 * MIB, 'x'))],
  ['of blank lines with spaces', () => gzipSync(Buffer.alloc(64 * MIB, ' \r\n'))],
];

describe('what unzips to far more than was sent', () => {
  it.each(BOMBS)('%s is refused by /produce/stream in its last line', async (_, bomb) => {
    const { text } = await post(`${app.url}/produce/stream`, bomb(), { ...NDJSON, ...GZIP });
    const last = JSON.parse(text.trim().split('\n').at(-1) as string);
    expect(last).toMatchObject({ done: false, error: { code: 'BODY_TOO_LARGE' }, written: 0 });
  });

  it.each(BOMBS)('%s is refused by /monitors/import', async (_, bomb) => {
    const { status, body } = await post(`${app.url}/monitors/import`, bomb(), { ...NDJSON, ...GZIP });
    expect([status, body.code]).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it.each(['/produce', '/produce/batch', '/events/expense.x', '/monitors'])(
    'is refused by %s',
    async (path) => {
      const { status } = await post(app.url + path, gzipSync(Buffer.alloc(64 * MIB, ' ')), GZIP);
      expect(status).toBe(413);
    },
  );

  it('is no reason to refuse lines that repeat each other', async () => {
    const many = Array.from(
      { length: 20_000 },
      (_, n) => `{"topic":"dense","message":{"action":"created","n":${n}}}`,
    );
    const { text } = await post(`${app.url}/produce/stream`, gzipSync(many.join('\n')), {
      ...NDJSON,
      ...GZIP,
    });
    expect(JSON.parse(text.trim().split('\n').at(-1) as string)).toMatchObject({
      done: true,
      written: 20_000,
    });
  });
});

describe('a stream', () => {
  it('that is silent is ended with a coded last line', async () => {
    const { sending, answer } = openStream(app.url);
    sending.write('{"topic":"silent","message":1}\n');
    const [first, last] = await lines(await answer);
    expect(first).toMatchObject({ success: true });
    expect(last).toMatchObject({ done: false, error: { code: 'BODY_TIMEOUT' }, written: 1 });
    sending.destroy();
  });

  it.each(['\n', ' \r\n', '{"topic":'])('that only says %j now and then is silent', async (piece) => {
    const { sending, answer } = openStream(app.url);
    const saying = setInterval(() => sending.write(piece), 100);
    const [last] = await lines(await answer);
    clearInterval(saying);
    expect(last).toMatchObject({ done: false, error: { code: 'BODY_TIMEOUT' }, written: 0 });
    sending.destroy();
  });

  it('whose client has gone is not worked on to its end', async () => {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    // Each line has a result, which nobody reads.
    const zipped = gzipSync(
      Array.from({ length: 400_000 }, (_, n) => `{"topic":"gone","n":${n}}`).join('\n'),
    );
    socket.write(
      `POST /produce/stream HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\ncontent-encoding: gzip\r\ncontent-length: ${zipped.length}\r\n\r\n`,
    );
    socket.write(zipped);
    await once(socket, 'data');
    socket.destroy();
    await eventually(() => expect(app.app.get(Lifecycle).inFlight).toBe(0));
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    const refused = /^carillon_batch_records_total\{code="VALIDATION_FAILED"\} (\d+)$/m.exec(metrics)?.[1];
    expect(Number(refused)).toBeLessThan(200_000);
  });
});

describe('a stream without a line that can be taken', () => {
  let patient: RunningApp;
  beforeAll(async () => {
    patient = await startApp({ BODY_LIMIT: String(MIB) });
  });
  afterAll(() => patient.stop());

  const BARREN: [string, string][] = [
    ['blank lines', '\n'],
    ['blank lines with spaces', ' \r\n'],
    ['a line without end', 'x'],
  ];

  it.each(BARREN)('of nothing but %s is ended', async (_, text) => {
    const { sending, answer } = openStream(patient.url);
    const piece = Buffer.alloc(60_000, text);
    const result = answer.then(lines);
    for (let sent = 0; sent < 4 * MIB; sent += piece.length)
      if (!sending.write(piece)) await Promise.race([once(sending, 'drain'), result]);
    const [last] = await result;
    expect(last).toMatchObject({ done: false, error: { code: 'BODY_TOO_LARGE' }, written: 0 });
    sending.destroy();
  });
});

/** Asks for a tail and never reads a byte of it. */
async function stillFollower(topic: string): Promise<Socket> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.pause();
  socket.write(`GET /topics/${topic}/tail HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  return socket;
}

async function followers(): Promise<number> {
  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  return Number(/^carillon_producer_followers (\d+)$/m.exec(metrics)?.[1]);
}

describe('followers that stand still', () => {
  it('are cut off after STREAM_STALL_MS, and one that reads has all of it', async () => {
    await post(`${app.url}/produce`, { topic: 'still', message: 0 });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => stillFollower('still')));
    const abort = new AbortController();
    const reader = await fetch(`${app.url}/topics/still/tail`, { signal: abort.signal });
    await eventually(async () => expect(await followers()).toBe(21));
    let text = '';
    const reading = (async () => {
      for await (const chunk of reader.body as unknown as AsyncIterable<Uint8Array>)
        text += Buffer.from(chunk).toString();
    })().catch(() => undefined);
    const batch = Array.from({ length: 20 }, () => ({ topic: 'still', message: 'x'.repeat(400_000) }));
    expect((await post(`${app.url}/produce/batch`, batch)).status).toBe(200);
    await eventually(async () => expect(await followers()).toBe(1));
    await eventually(() => expect(text.match(/^id: /gm)).toHaveLength(20));
    abort.abort();
    await reading;
    for (const socket of sockets) socket.destroy();
  });
});
