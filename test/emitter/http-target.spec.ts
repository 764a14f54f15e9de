import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/core/clock.js';
import type { HttpSenderOptions } from '../../src/core/http-sender.js';
import type { EmitLimits } from '../../src/modules/emitter/message.js';
import { HttpTarget } from '../../src/modules/emitter/targets/http.target.js';
import { newSender, newServer } from '../http-sender/posting.js';
import {
  endlessBody,
  hang,
  hangInBody,
  hangUp,
  raw,
  reset,
  slowBody,
  status,
  type BadServer,
} from '../support/bad-server.js';
import { selfSigned } from '../support/certificate.js';
import { emitterTo, httpTo, limits, listeningLogger, messageOf, type LogLine } from './emitting.js';

let server: BadServer;
let lines: LogLine[];

beforeEach(async () => {
  server = await newServer();
});

function targetTo(
  url: URL,
  settings: Parameters<typeof emitterTo>[1] = {},
  options: HttpSenderOptions = {},
): HttpTarget {
  const listening = listeningLogger();
  lines = listening.lines;
  const target = httpTo(url, { 'x-own': 'yes' }) as Extract<ReturnType<typeof httpTo>, { kind: 'http' }>;
  const context = { sender: newSender(options), clock: systemClock, logger: listening.logger };
  return new HttpTarget(emitterTo(target, settings), target, context);
}

/** One message to the server, and whether the next one goes through undisturbed. */
async function send(
  settings: Parameters<typeof emitterTo>[1] = {},
  given: Partial<EmitLimits> = {},
  options = {},
) {
  const target = targetTo(server.url('/hook'), settings, options);
  const result = await target.send(messageOf(), limits(given));
  server.behave = status(200);
  const before = server.seen.length;
  expect(await target.send(messageOf(), limits())).toMatchObject({
    end: 'delivered',
    attempts: 1,
    status: 200,
  });
  expect(server.seen).toHaveLength(before + 1);
  return { ...result, seen: server.seen.slice(0, before) };
}

describe('an HTTP target', () => {
  it('gets the message as JSON, as it is, with its key and the emitter’s headers', async () => {
    const message = messageOf({ body: '{"id": 12345678901234567890, "x": 1.0, "ž": "📦"}' });
    await targetTo(server.url('/a/b?c=d')).send(message, limits());
    expect(server.seen).toMatchObject([
      {
        method: 'POST',
        path: '/a/b?c=d',
        body: message.body,
        headers: { 'content-type': 'application/json', 'idempotency-key': message.key, 'x-own': 'yes' },
      },
    ]);
  });

  it('gets it again after what may heal, the same each time', async () => {
    server.next = [reset, status(408), status(425), status(500), hangUp, status(503), status(204)];
    const { seen, ...result } = await send({ retry: { attempts: 7, delay: 'jitter' } });
    expect(result).toMatchObject({ end: 'delivered', attempts: 7, status: 204, reason: 'answered 204' });
    expect(
      new Set(seen.map(({ headers, body }) => `${headers['idempotency-key'] as string} ${body}`)).size,
    ).toBe(1);
  });

  it.each([400, 401, 403, 404, 409, 410, 422, 304])('is believed when it refuses with %i', async (code) => {
    server.behave = status(code, { 'retry-after': '1' });
    const { seen, ...result } = await send();
    expect(result).toMatchObject({ end: 'refused', attempts: 1, status: code, mayHaveArrived: true });
    expect(seen).toHaveLength(1);
  });

  it.each([301, 302, 303, 307, 308])('is not followed elsewhere, in a circle or not: %i', async (code) => {
    server.behave = status(code, { location: server.url('/hook').href });
    const { seen, ...result } = await send();
    expect(result).toMatchObject({ end: 'refused', attempts: 1, status: code });
    expect(seen).toHaveLength(1);
  });

  it('is given up when all attempts are used', async () => {
    server.behave = status(500);
    expect(await send()).toMatchObject({
      end: 'given up',
      attempts: 3,
      status: 500,
      reason: 'answered 500; all 3 attempts are used',
      mayHaveArrived: true,
      aborted: false,
    });
  });

  it('is asked again when its 429 says, in seconds or by a date of its own clock', async () => {
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
    const asked = { date, 'retry-after': 'Sun, 06 Nov 1994 08:49:38 GMT' };
    server.next = [status(429, { 'retry-after': '1' }), status(429, asked), status(200)];
    const result = await send();
    expect(result).toMatchObject({ end: 'delivered', attempts: 3 });
    expect(result.elapsedMs).toBeGreaterThanOrEqual(1998);
  });

  it('is not obeyed when it asks for too long: for the cap at most, nor beyond the time there is', async () => {
    server.next = [status(429, { 'retry-after': '3600' }), status(200)];
    expect(await send({ retry: { retryAfterCapMs: 50 } })).toMatchObject({ end: 'delivered', attempts: 2 });
    const tomorrow = new Date(Date.now() + 86_400_000).toUTCString();
    server.next = [status(503, { 'retry-after': tomorrow })];
    const result = await send();
    expect(result).toMatchObject({ end: 'given up', attempts: 1, status: 503 });
    expect(result.reason).toBe('answered 503; no time is left for another attempt');
  });

  it('has its whole time for the first attempt, however short the period, and no retry after it', async () => {
    server.next = [(response) => void setTimeout(() => response.end(), 300)];
    expect(await send({}, { maxElapsedMs: 50 })).toMatchObject({ end: 'delivered', attempts: 1 });
    server.next = [(response) => void setTimeout(() => response.writeHead(500).end(), 300)];
    expect(await send({}, { maxElapsedMs: 50 })).toMatchObject({ end: 'given up', attempts: 1, status: 500 });
  });

  it('that hangs is given up when its time is over', async () => {
    server.behave = hang;
    const result = await send({ timeoutMs: 150 }, { maxElapsedMs: 300 });
    expect(result).toMatchObject({ end: 'given up', attempts: 2, status: null, mayHaveArrived: true });
    expect(result.reason).toMatch(/^TIMEOUT: .*; no time is left for another attempt$/);
    expect(result.elapsedMs).toBeLessThan(2000);
  });

  it.each([
    ['never ends', endlessBody],
    ['comes too slowly', slowBody(1000, 5)],
    ['stops half-way', hangInBody],
  ])('has the message though the body of its answer %s', async (_, behaviour) => {
    server.behave = behaviour;
    const result = await send({}, {}, { bodyTimeoutMs: 150 });
    expect(result).toMatchObject({ end: 'delivered', attempts: 1, status: 200 });
    expect(result.elapsedMs).toBeLessThan(4000);
  });

  it.each([
    ['breaks the connection', reset, /^RESET: /],
    ['speaks no HTTP', raw('220 smtp ready\r\n'), /^PROTOCOL: /],
  ])('that %s is given up', async (_, behaviour, reason) => {
    server.behave = behaviour;
    const result = await send();
    expect(result).toMatchObject({ end: 'given up', attempts: 3, status: null, mayHaveArrived: true });
    expect(result.reason).toMatch(reason);
  });

  it('where nobody listens is given up, and has nothing', async () => {
    const url = server.url('/path-of-mine');
    url.password = 'hunter2';
    await server.close();
    const result = await targetTo(url).send(messageOf(), limits());
    expect(result).toMatchObject({ end: 'given up', attempts: 3, mayHaveArrived: false });
    expect(result.reason).toMatch(/^CONNECTION_REFUSED: .*127\.0\.0\.1/);
    expect(result.reason).not.toMatch(/hunter2|path-of-mine/);
  });

  it('with a bad certificate gets nothing', async () => {
    const tls = selfSigned();
    const secure = await newServer({ tls });
    const bad = await targetTo(secure.url()).send(messageOf(), limits());
    expect(bad).toMatchObject({ end: 'given up', attempts: 3, mayHaveArrived: false, status: null });
    expect(bad.reason).toMatch(/^TLS: /);
    expect(secure.seen).toHaveLength(0);
    const trusting = targetTo(secure.url(), {}, { ca: [tls.cert] });
    expect(await trusting.send(messageOf(), limits())).toMatchObject({ end: 'delivered' });
  });

  it.each([
    ['in the midst of an attempt', hang, true],
    ['between two attempts', status(503, { 'retry-after': '5' }), true],
  ])('is let go at once on stop, %s', async (_, behaviour) => {
    server.behave = behaviour;
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    const result = await send({}, { signal: stop.signal });
    expect(result).toMatchObject({ end: 'given up', attempts: 1, aborted: true, mayHaveArrived: true });
    expect(result.reason).toMatch(/; the process stops$/);
    expect(result.elapsedMs).toBeLessThan(2000);
  });
});

describe('a signed message', () => {
  it('is signed anew for each attempt, over what was sent', async () => {
    server.next = [status(429, { 'retry-after': '1' }), status(200)];
    const secret = `whsec_${Buffer.from('a key of its own').toString('base64')}`;
    const { seen } = await send({ signingSecret: secret });
    const times = seen.map(({ headers, body }) => {
      const [id, time] = [headers['webhook-id'] as string, headers['webhook-timestamp'] as string];
      expect(id).toBe(headers['idempotency-key']);
      const mac = createHmac('sha256', 'a key of its own').update(`${id}.${time}.${body}`).digest('base64');
      expect(headers['webhook-signature']).toBe(`v1,${mac}`);
      return Number(time);
    });
    expect(times).toHaveLength(2);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(1);
    expect(Math.abs(times[1]! - Date.now() / 1000)).toBeLessThan(60);
  });

  it('is signed only where there is a secret', async () => {
    const { seen } = await send();
    expect(Object.keys(seen[0]!.headers).filter((name) => name.startsWith('webhook'))).toEqual([]);
  });
});

describe('a target that should answer 201', () => {
  it('has the message with any 2xx, which is said once', async () => {
    const target = targetTo(server.url(), { expects201: true });
    for (let i = 0; i < 5; i += 1) {
      expect(await target.send(messageOf(), limits())).toMatchObject({ end: 'delivered', status: 200 });
    }
    expect(lines).toMatchObject([{ level: 40 }]);
    expect(lines[0]?.msg).toMatch(/alpha.*201.*it answered 200/);
    server.behave = status(201);
    await target.send(messageOf(), limits());
    expect(lines).toHaveLength(2);
    expect(lines[1]?.msg).toContain('over');
  });

  it('is not talked about otherwise', async () => {
    server.next = [status(201), status(201)];
    const target = targetTo(server.url(), { expects201: true });
    await target.send(messageOf(), limits());
    await targetTo(server.url()).send(messageOf(), limits());
    expect(lines).toEqual([]);
  });
});
