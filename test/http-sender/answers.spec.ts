import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { classify } from '../../src/core/http-outcome.js';
import type { HttpSender } from '../../src/core/http-sender.js';
import {
  endlessBody,
  hangInBody,
  hugeHeaders,
  raw,
  resetInBody,
  slowBody,
  status,
  type BadServer,
} from '../support/bad-server.js';
import { eventually } from '../support/eventually.js';
import { answered, failure, newSender, newServer, post } from './posting.js';

let server: BadServer;
let sender: HttpSender;

beforeEach(async () => {
  server = await newServer();
  sender = newSender();
});

const send = async () => answered(await sender.send(post(server.url())));

describe('an answer', () => {
  it('has status, headers, the beginning of the body and the time it took', async () => {
    server.behave = status(201, { 'X-Thing': 'a', 'Set-Cookie': 'b' }, '{"id":7}');
    const answer = await send();
    expect(answer).toMatchObject({ status: 201, bodyComplete: true, retryAfterMs: null });
    expect(answer.headers).toMatchObject({ 'x-thing': 'a', 'set-cookie': 'b' });
    expect(String(answer.body)).toBe('{"id":7}');
    expect(answer.latencyMs).toBeGreaterThan(0);
  });

  it('comes for the request as it was given', async () => {
    await sender.send(post(server.url('/a/b?c=%20d#e'), { body: Buffer.from('žluť') }));
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      path: '/a/b?c=%20d',
      body: 'žluť',
      headers: { 'idempotency-key': 'k1', 'content-length': '6', host: server.url().host },
    });
    await sender.send(post(server.url(), { method: 'GET', body: null }));
    expect(server.seen[1]).toMatchObject({ method: 'GET', body: '' });
  });

  it('may have no body', async () => {
    server.behave = status(204);
    expect(await send()).toMatchObject({ status: 204, body: Buffer.alloc(0), bodyComplete: true });
    const head = answered(await sender.send(post(server.url(), { method: 'HEAD', body: null })));
    expect(head).toMatchObject({ status: 204, bodyComplete: true });
  });

  it.each([
    [500, 'retry'],
    [429, 'retry'],
    [422, 'refused'],
    [304, 'refused'],
  ])('%i is an answer too: %s', async (code, outcome) => {
    server.behave = status(code);
    expect(classify(await send())).toBe(outcome);
  });

  it('says how long to wait, in both forms, by the other end’s clock', async () => {
    server.next = [
      status(429, { 'retry-after': '7' }),
      status(503, { date: 'Sun, 06 Nov 1994 08:49:37 GMT', 'retry-after': 'Sun, 06 Nov 1994 08:49:40 GMT' }),
      status(503, { date: 'yesterday', 'retry-after': new Date(Date.now() + 30_000).toUTCString() }),
      status(503, { 'retry-after': 'soon' }),
    ];
    expect((await send()).retryAfterMs).toBe(7000);
    expect((await send()).retryAfterMs).toBe(3000);
    const ours = (await send()).retryAfterMs ?? NaN;
    expect(ours).toBeGreaterThan(10_000);
    expect(ours).toBeLessThanOrEqual(30_000);
    expect((await send()).retryAfterMs).toBeNull();
  });

  it('follows no redirect, in a circle or not', async () => {
    for (const code of [301, 302, 303, 307, 308]) {
      server.next = [status(code, { location: server.url().href })];
      const answer = await send();
      expect([answer.status, classify(answer)]).toEqual([code, 'refused']);
    }
    expect(server.seen).toHaveLength(5);
  });

  it('is not decompressed', async () => {
    const packed = gzipSync('a'.repeat(1_000_000));
    server.behave = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
    expect((await send()).body).toEqual(packed.subarray(0, 2048));
  });

  it('is read so far that its connection can be used again, and kept to be looked at only in part', async () => {
    server.behave = status(200, {}, 'x'.repeat(200_000));
    expect(await send()).toMatchObject({ body: Buffer.alloc(2048, 'x'), bodyComplete: false });
    await send();
    expect(server.connections).toBe(1);
  });

  it('has an end where its body has none', async () => {
    server.behave = endlessBody;
    sender = newSender({ bodyTimeoutMs: 60_000 });
    expect(answered(await sender.send(post(server.url(), { timeoutMs: 60_000 })))).toMatchObject({
      status: 200,
      body: Buffer.alloc(2048, 'x'),
      bodyComplete: false,
    });
    await eventually(() => expect(server.openConnections).toBe(0));
  });

  it('counts though its body never comes, comes too slowly or breaks off', async () => {
    sender = newSender({ bodyTimeoutMs: 100 });
    server.next = [hangInBody, slowBody(1000, 5), resetInBody];
    expect(await send()).toMatchObject({
      status: 200,
      body: Buffer.from('the beginning'),
      bodyComplete: false,
    });
    expect(await send()).toMatchObject({ status: 200, bodyComplete: false });
    expect(await send()).toMatchObject({ status: 201, bodyComplete: false });
    await eventually(() => expect(server.openConnections).toBe(0));
  });

  it('counts though the request’s own time ends in the middle of the body', async () => {
    server.behave = hangInBody;
    const late = await sender.send(post(server.url(), { timeoutMs: 300 }));
    expect(late).toMatchObject({ kind: 'answer', status: 200, bodyComplete: false });
  });

  it('may be announced by interim answers', async () => {
    server.behave = raw('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\nok');
    expect(await send()).toMatchObject({ status: 202, body: Buffer.from('ok') });
  });

  it('is not what was only announced', async () => {
    server.behave = (response) => response.socket?.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
    const result = failure(await sender.send(post(server.url(), { timeoutMs: 300 })));
    expect(result).toMatchObject({ code: 'TIMEOUT', mayHaveArrived: true });
  });

  it.each([
    ['headers without end', hugeHeaders(100_000), 'HEADERS_TOO_LARGE'],
    ['no HTTP', raw('SSH-2.0-OpenSSH_9.2\r\n'), 'PROTOCOL'],
    [
      'an upgrade that nobody asked for',
      raw('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      'PROTOCOL',
    ],
    ['half a head', raw('HTTP/1.1 200 OK\r\ncontent-le'), 'RESET'],
  ])('is not %s', async (_, behaviour, code) => {
    server.behave = behaviour;
    const result = failure(await sender.send(post(server.url())));
    expect(result).toMatchObject({ code, mayHaveArrived: true });
    server.behave = status(200);
    expect((await send()).status).toBe(200);
  });
});
