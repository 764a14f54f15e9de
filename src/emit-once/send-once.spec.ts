import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { HttpSender } from '../core/http-sender.js';
import {
  BadServer,
  endlessBody,
  hang,
  hangInBody,
  reset,
  status,
  type Behaviour,
} from '../../test/support/bad-server.js';
import { eventually } from '../../test/support/eventually.js';
import { EXIT } from './exit-codes.js';
import { sendOnce } from './send-once.js';

const course = { attempts: 3, delayMs: 10, retryAfterCapMs: 20, timeoutMs: 1000 };
const moved: Behaviour = (response, request) =>
  response.writeHead(308, { location: request.path }).end('elsewhere');

let server: BadServer;
let sender: HttpSender;
let log: Record<string, unknown>[];

beforeEach(async () => {
  server = await BadServer.listen();
  sender = new HttpSender();
  log = [];
});
afterEach(async () => {
  await sender.close(0);
  await server.close();
});

const never = { stop: new AbortController().signal, cut: new AbortController().signal };

function run(signals = never, more = {}, url = server.url('/api/messages')) {
  url.password = 'secret-word';
  const logger = pino({}, { write: (line: string) => void log.push(JSON.parse(line)) });
  const request = () => ({
    url,
    method: 'POST',
    headers: { 'idempotency-key': 'k' },
    body: '{}',
    timeoutMs: course.timeoutMs,
    signal: signals.cut,
  });
  return sendOnce(request, { ...course, ...more }, { sender, logger, signals });
}

describe('sendOnce', () => {
  it.each<[string, Behaviour, number, number]>([
    ['201', status(201, {}, '{"message":"ok"}'), EXIT.delivered, 1],
    ['201 with a body that is no JSON', status(201, {}, '<p>thanks</p>'), EXIT.delivered, 1],
    ['201 whose body never ends', endlessBody, EXIT.delivered, 1],
    ['a head, and a body that hangs', hangInBody, EXIT.delivered, 1],
    ['400', status(400), EXIT.refused, 1],
    ['422', status(422), EXIT.refused, 1],
    ['a redirect, and that one endless', moved, EXIT.refused, 1],
    ['408', status(408), EXIT.unavailable, 3],
    ['425', status(425), EXIT.unavailable, 3],
    [
      '429 with a Retry-After of an hour, which is capped',
      status(429, { 'retry-after': '3600' }),
      EXIT.unavailable,
      3,
    ],
    ['500', status(500), EXIT.unavailable, 3],
    ['a server that breaks the connection', reset, EXIT.unavailable, 3],
    ['a server that never answers', hang, EXIT.unavailable, 3],
  ])(
    '%s',
    async (_what, behaviour, code, requests) => {
      server.behave = behaviour;
      expect(await run()).toBe(code);
      expect(server.seen).toHaveLength(requests);
      expect(
        new Set(server.seen.map(({ headers, body }) => `${String(headers['idempotency-key'])} ${body}`)).size,
      ).toBe(1);
      expect(log.filter(({ msg }) => /^Attempt \d of 3: /.test(String(msg)))).toHaveLength(requests);
      expect(JSON.stringify(log)).not.toContain('secret-word');
    },
    15_000,
  );

  it('is delivered by a later attempt', async () => {
    server.next = [status(500), status(429), status(201)];
    expect(await run()).toBe(EXIT.delivered);
    expect(log.at(-1)).toMatchObject({ level: 30, end: 'delivered', status: 201, attempts: 3 });
  });

  it('warns of a 2xx other than 201, which is delivered', async () => {
    server.behave = status(202);
    expect(await run()).toBe(EXIT.delivered);
    expect(log.at(-1)).toMatchObject({ level: 40, end: 'delivered', status: 202 });
    expect(log.at(-1)?.msg).toContain('202 instead of 201');
  });

  it('tells when nothing listens', async () => {
    const { port } = server;
    await server.close();
    expect(await run(undefined, {}, new URL(`http://127.0.0.1:${port}/`))).toBe(EXIT.unavailable);
    server = await BadServer.listen(); // for afterEach
    expect(log[0]).toMatchObject({ code: 'CONNECTION_REFUSED', level: 40 });
    expect(log.at(-1)).toMatchObject({ level: 50, mayHaveArrived: false, attempts: 3 });
  });

  it('stops a wait at once', async () => {
    server.behave = status(500);
    const stop = new AbortController();
    const over = run({ ...never, stop: stop.signal }, { delayMs: 3_600_000 });
    await eventually(() => expect(log.at(-1)).toMatchObject({ status: 500 }));
    stop.abort();
    expect(await over).toBe(EXIT.unavailable);
    expect(log.at(-1)?.msg).toContain('stopped by a signal');
    expect(server.seen).toHaveLength(1);
  });

  it('lets an attempt under way end, and takes its answer', async () => {
    const stop = new AbortController();
    server.behave = (response) => {
      stop.abort();
      setTimeout(() => response.writeHead(201).end(), 50);
    };
    expect(await run({ ...never, stop: stop.signal })).toBe(EXIT.delivered);
  });

  it('cuts off an attempt under way when that takes too long; the target may have it', async () => {
    const cut = new AbortController();
    server.behave = () => cut.abort();
    expect(await run({ stop: cut.signal, cut: cut.signal })).toBe(EXIT.unavailable);
    expect(log.at(-1)).toMatchObject({ mayHaveArrived: true, attempts: 1 });
  });
});
