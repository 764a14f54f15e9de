import { once } from 'node:events';
import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from '@jest/globals';
import { get, startApp, type Environment, type LogLine, type RunningApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { askLines, openSocket, parseAnswer, readToEnd } from '../support/raw-http.js';

/** An address of this machine that others could use, of the family. */
function ownAddress(family: 'IPv4' | 'IPv6'): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find((each) => each.family === family && !each.internal && !each.scopeid)?.address;
}

let app: RunningApp | undefined;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app?.stop();
  app = undefined;
});

async function start(env: Environment, log?: LogLine[]): Promise<RunningApp> {
  return (app = await startApp({ HTTP_HEADERS_TIMEOUT_MS: '60000', ...env }, log ? { log } : {}));
}

/** A connection that stays open, with a request that was answered on it. */
async function hold(url: string): Promise<Socket> {
  const socket = await openSocket(url);
  sockets.push(socket);
  socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(socket, 'data');
  return socket;
}

/** What a further connection gets that wants to write a record. */
async function knock(url: string): Promise<ReturnType<typeof parseAnswer>> {
  const socket = await openSocket(url);
  const answer = readToEnd(socket);
  const body = '{"topic":"refused","message":1}';
  socket.write(
    `POST /produce HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  return parseAnswer(await answer);
}

async function refusals(url: string): Promise<Record<string, number>> {
  const { text } = await get(`${url}/metrics`);
  const found = text.matchAll(/carillon_http_connections_refused_total\{limit="(\w+)"\} (\d+)/g);
  return Object.fromEntries([...found].map(([, limit, count]) => [limit, Number(count)]));
}

describe('connections beyond a limit', () => {
  it('get 503 and are closed, and their requests are not served; a free place is taken again', async () => {
    const log: LogLine[] = [];
    const { url } = await start({ HTTP_MAX_CONNECTIONS: '3' }, log);
    const [first] = [await hold(url), await hold(url), await hold(url)];
    for (let i = 0; i < 5; i += 1) {
      const { status, headers, body } = await knock(url);
      expect(status).toBe(503);
      expect(headers).toMatchObject({
        connection: 'close',
        'retry-after': '1',
        'x-content-type-options': 'nosniff',
      });
      expect(JSON.parse(body)).toMatchObject({ code: 'CONNECTIONS_FULL', retryable: true });
    }
    first.destroy();
    await eventually(async () => {
      const { status, body } = await askLines(url, 'GET /topics HTTP/1.1', 'Host: localhost');
      expect(status).toBe(200);
      expect(JSON.parse(body)).toEqual({ topics: [] });
    });
    const lines = log.filter(({ msg }) => msg.startsWith('HTTP connections are refused'));
    expect(lines.map(({ msg }) => msg)).toEqual([
      'HTTP connections are refused: 3 are open (HTTP_MAX_CONNECTIONS).',
    ]);
  });

  it('of loopback are bound by the limit in all alone', async () => {
    const { url } = await start({ HTTP_MAX_CONNECTIONS_PER_ADDRESS: '2', HTTP_MAX_CONNECTIONS: '7' });
    for (let i = 0; i < 6; i += 1) await hold(url);
    expect(await refusals(url)).toEqual({});
  });

  for (const family of ['IPv4', 'IPv6'] as const) {
    const address = ownAddress(family);
    const test = address === undefined ? it.skip : it;
    test(`of one ${family} address are counted by it, and told in the log and /metrics`, async () => {
      const log: LogLine[] = [];
      const host = family === 'IPv4' ? '0.0.0.0' : '::';
      const { url } = await start({ HTTP_MAX_CONNECTIONS_PER_ADDRESS: '2', HOST: host }, log);
      const outside = new URL(url);
      outside.hostname = family === 'IPv4' ? (address as string) : `[${address}]`;
      await hold(outside.href);
      const second = await hold(outside.href);
      expect((await knock(outside.href)).status).toBe(503);
      expect((await knock(outside.href)).status).toBe(503);
      expect(await refusals(url)).toEqual({ address: 2 });
      second.destroy();
      await eventually(async () => expect((await knock(outside.href)).status).toBe(200));
      const [line] = log.filter(({ msg }) => msg.startsWith('HTTP connections are refused'));
      expect(line?.msg).toMatch(/ has 2 \(HTTP_MAX_CONNECTIONS_PER_ADDRESS\)\.$/);
    });
  }

  it('take no memory: thousands at once are closed, and the service answers', async () => {
    const { url } = await start({ HTTP_MAX_CONNECTIONS: '2' });
    const held = await hold(url);
    await hold(url);
    const answers = await Promise.all(
      Array.from({ length: 500 }, async () => {
        const socket = await openSocket(url).catch(() => undefined);
        return socket ? parseAnswer(await readToEnd(socket)).status : 0;
      }),
    );
    // Told why, or closed without a word: never served.
    expect(new Set(answers.filter((status) => !Number.isNaN(status) && status !== 0))).toEqual(
      new Set([503]),
    );
    held.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect((await once(held, 'data')).toString()).toContain('200 OK');
  });
});

describe('one connection', () => {
  it('takes any number of requests', async () => {
    const { url } = await start({});
    const socket = await hold(url);
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    const count = 3000;
    socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(count));
    await eventually(() => Promise.resolve(expect(text.split('HTTP/1.1 200').length - 1).toBe(count)));
  });

  it.each(['', 'GET /topics HTTP/1.1\r\nHost: local', 'GET /topics HTTP/1.1\r\nHost: localhost\r\nX: y\r\n'])(
    'has HTTP_HEADERS_TIMEOUT_MS for the headers: %j',
    async (text) => {
      const { url } = await start({ HTTP_HEADERS_TIMEOUT_MS: '200' });
      const socket = await openSocket(url);
      const answer = readToEnd(socket);
      socket.write(text);
      const { status, body } = parseAnswer(await answer);
      expect(status).toBe(408);
      expect(JSON.parse(body)).toMatchObject({ code: 'HEADERS_TIMEOUT', retryable: true });
    },
  );
});
