import { createServer, type AddressInfo, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { lookOnce } from '../../test/support/look-once.js';
import { discoverChecks } from './discover-checks.js';
import { aimOf } from './target-of.js';

const open: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

/** Answers whatever comes, or the connection itself, with these bytes, and closes. */
async function answering(bytes: Buffer): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.once('data', () => socket.end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return (server.address() as AddressInfo).port;
}

/** A generator whose seed is printed with the test's name. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const text = (words: string) => Buffer.from(words, 'latin1');
const GOOD = text('HTTP/1.1 200 OK\r\nserver: x\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\nwell');
const CHUNKED = text('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwell\r\n0\r\n\r\n');

const ODD: readonly [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(5_000)],
  ['a status without end', text(`HTTP/1.1 200 ${'x'.repeat(200_000)}`)],
  ['headers without end', text(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(50_000)}`)],
  ['two lengths', text('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx')],
  ['a length that is none', text('HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nxx')],
  ['a chunk of 2^64', text('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff1\r\n')],
  ['interim answers without end', text('HTTP/1.1 100 Continue\r\n\r\n'.repeat(2_000))],
  ['a switch of protocols', text('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n\0\0')],
  ['a redirect to nowhere', text('HTTP/1.1 302 Found\r\nlocation: http://[::1\r\ncontent-length: 0\r\n\r\n')],
  ['broken gzip', text('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n\x1f\x8b')],
  [
    'a gzip bomb',
    Buffer.concat([
      text('HTTP/1.1 200 OK\r\ncontent-encoding: gzip, gzip\r\n\r\n'),
      gzipSync(gzipSync(Buffer.alloc(50_000_000))),
    ]),
  ],
];

describe('what runs in the main process', () => {
  it('is http that looks at no body, tcp, tls, dns and push: no client library is among them', async () => {
    const url = 'http://127.0.0.1/';
    const configs: Record<string, Record<string, unknown>> = {
      http: { url },
      tcp: { host: 'a', port: 1 },
      tls: { host: 'a' },
      dns: { host: 'a', resolver_server: '127.0.0.1' },
      push: {},
    };
    const checks = await discoverChecks();
    for (const [type, check] of checks) {
      if (configs[type]) expect([type, aimOf(check, configs[type]).isIsolated]).toEqual([type, false]);
      else expect([type, check.isolated?.({})]).toEqual([type, true]);
    }
    for (const body of [{ keyword: 'a' }, { json_query: 'a' }, { expected_value: 'a' }])
      expect(aimOf(checks.get('http')!, { url, ...body }).isIsolated).toBe(true);
    const oauth = { authMethod: 'oauth2-cc', oauth_token_url: url, oauth_client_id: 'c' };
    expect(aimOf(checks.get('http')!, { url, ...oauth }).isIsolated).toBe(true);
  });

  it.each(ODD)('survives a server that answers with %s', async (_, bytes) => {
    const port = await answering(bytes);
    const checks = await discoverChecks();
    const looks = [
      lookOnce(checks.get('http')!, { url: `http://127.0.0.1:${port}/` }),
      lookOnce(checks.get('tcp')!, { host: '127.0.0.1', port }),
      lookOnce(checks.get('tls')!, { host: '127.0.0.1', port }),
    ];
    const [http, tcp, tls] = await Promise.all(looks);
    expect(['up', 'down', 'unknown']).toContain(http!.found);
    expect(tcp!.found).toBe('up');
    expect(tls!.found).toBe('down');
  });

  it.each([1, 2, 3, 4])('survives mutations of good answers (seed %i)', async (seed) => {
    const random = randomOf(seed);
    const http = (await discoverChecks()).get('http')!;
    for (let round = 0; round < 50; round += 1) {
      const bytes = Buffer.from(round % 2 ? GOOD : CHUNKED);
      for (let changes = 1 + random(4); changes > 0; changes -= 1) bytes[random(bytes.length)] = random(256);
      const cut = bytes.subarray(0, random(4) === 0 ? random(bytes.length) : bytes.length);
      const port = await answering(cut);
      const { message } = await lookOnce(http, { url: `http://127.0.0.1:${port}/`, max_redirects: 0 });
      expect(message).not.toBe('');
    }
  });
});
