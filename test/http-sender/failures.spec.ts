import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { classify } from '../../src/core/http-outcome.js';
import type { HttpSender } from '../../src/core/http-sender.js';
import { hang, hangUp, reset, status, type BadServer } from '../support/bad-server.js';
import { eventually } from '../support/eventually.js';
import { answered, failure, newSender, newServer, post } from './posting.js';

let server: BadServer;
let sender: HttpSender;

beforeEach(async () => {
  server = await newServer();
  sender = newSender();
});

describe('a failure', () => {
  it.each([
    ['RST', reset],
    ['FIN', hangUp],
  ])('by %s before an answer: it may have arrived, and is retried', async (_, behaviour) => {
    server.behave = behaviour;
    const result = failure(await sender.send(post(server.url())));
    expect(result).toMatchObject({ code: 'RESET', mayHaveArrived: true });
    expect(classify(result)).toBe('retry');
  });

  it('by silence: ends when the request’s own time does, or earlier by that for headers', async () => {
    server.behave = hang;
    const late = failure(await sender.send(post(server.url(), { timeoutMs: 80 })));
    expect(late).toMatchObject({ code: 'TIMEOUT', mayHaveArrived: true });
    sender = newSender({ headersTimeoutMs: 80 });
    expect(failure(await sender.send(post(server.url(), { timeoutMs: 60_000 }))).code).toBe('TIMEOUT');
    await eventually(() => expect(server.openConnections).toBe(0));
  });

  it('by nobody listening: nothing has arrived', async () => {
    const url = server.url();
    await server.close();
    const result = failure(await sender.send(post(url)));
    expect(result).toMatchObject({ code: 'CONNECTION_REFUSED', mayHaveArrived: false });
    expect(result.reason).toBe(`nothing listens at ${url.host} (ECONNREFUSED)`);
    const both = failure(await sender.send(post(new URL(`http://localhost:${url.port}/`)))); // ::1 and 127.0.0.1
    expect(both.code).toBe('CONNECTION_REFUSED');
  });

  it('by a name that nobody knows', async () => {
    const result = failure(await sender.send(post(new URL('http://nowhere.invalid/'))));
    expect(result).toMatchObject({ code: 'DNS', mayHaveArrived: false });
  });

  it('by the caller: before, while it waits, and under way', async () => {
    server.behave = hang;
    sender = newSender({ maxConnectionsPerOrigin: 1 });
    const first = new AbortController();
    const second = new AbortController();
    const cut = sender.send(post(server.url(), { signal: first.signal }));
    const waiting = sender.send(post(server.url(), { signal: second.signal }));
    await eventually(() => expect(server.seen).toHaveLength(1));
    second.abort();
    expect(failure(await waiting)).toMatchObject({ code: 'ABORTED', mayHaveArrived: false });
    first.abort();
    expect(failure(await cut)).toMatchObject({ code: 'ABORTED', mayHaveArrived: true });
    const late = failure(await sender.send(post(server.url(), { signal: first.signal })));
    expect(late).toMatchObject({ code: 'ABORTED', mayHaveArrived: false });
    expect(server.seen).toHaveLength(1);
  });

  it.each([
    ['another scheme', { url: new URL('ftp://a.example/') }],
    ['a line break in a header', { headers: { 'x-a': 's3cret\r\nx-b: c' } }],
    ['a header that belongs to the connection', { headers: { 'transfer-encoding': 'chunked' } }],
    ['a length that it has not', { headers: { 'content-length': '999' } }],
    ['no method', { method: 'PO ST' }],
  ])('by a request that nobody can send (%s): refused, and the next one goes through', async (_, extra) => {
    const result = failure(await sender.send(post(server.url(), extra)));
    expect(result).toMatchObject({ code: 'INVALID_REQUEST', mayHaveArrived: false });
    expect(classify(result)).toBe('refused');
    expect(result.reason).not.toContain('s3cret');
    expect(answered(await sender.send(post(server.url()))).status).toBe(200);
  });

  it('names no user, password, path or query', async () => {
    const secrets = ['jane', 'pa%s', 'pa%25s', 'hook', 'tok3n'];
    const at = (url: URL) => new URL(`${url.protocol}//jane:pa%25s@${url.host}/hook?t=tok3n`);
    const results = [await sender.send(post(new URL('http://jane:pa%25s@nowhere.invalid/hook?t=tok3n')))];
    server.next = [reset, status(401)];
    results.push(await sender.send(post(at(server.url()))), await sender.send(post(at(server.url()))));
    for (const secret of secrets) expect(JSON.stringify(results)).not.toContain(secret);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(
      Array(2).fill(`Basic ${Buffer.from('jane:pa%s').toString('base64')}`),
    );
    const given = { authorization: 'Bearer abc' };
    await sender.send(post(at(server.url()), { headers: given }));
    expect(server.seen[2]?.headers.authorization).toBe('Bearer abc');
  });
});

describe('a target that takes no connection', () => {
  let full: Server;
  const sockets: Socket[] = [];

  beforeEach(async () => {
    // TLS to a port that accepts and says nothing: the handshake hangs, as a connection to a dropped packet does.
    full = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    await once(full.listen(0, '127.0.0.1'), 'listening');
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
    full.close();
  });

  it('fails within the time for a connection, and all that wait have their own time', async () => {
    sender = newSender({ connectTimeoutMs: 300, maxConnectionsPerOrigin: 1 });
    const url = new URL(`https://127.0.0.1:${(full.address() as AddressInfo).port}/`);
    const results = await Promise.all([
      sender.send(post(url, { timeoutMs: 60_000 })),
      sender.send(post(url, { timeoutMs: 50 })),
      sender.send(post(url, { timeoutMs: 60_000 })),
    ]);
    expect(results.map((result) => failure(result).code)).toEqual(['TIMEOUT', 'TIMEOUT', 'TIMEOUT']);
    expect(results.map((result) => failure(result).mayHaveArrived)).toEqual([false, false, false]);
    expect(results[1]?.latencyMs).toBeLessThan(results[0]?.latencyMs ?? 0);
  });
});
