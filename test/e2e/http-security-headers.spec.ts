import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type RunningApp } from '../support/app.js';
import { askLines, askRaw, openSocket, parseAnswer, type RawAnswer } from '../support/raw-http.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ HTTP_HEADERS_TIMEOUT_MS: '300' });
});
afterAll(() => app.stop());

function expectSecured({ headers }: RawAnswer, caching: string | RegExp = 'no-store'): void {
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['content-security-policy']).toBe("frame-ancestors 'none'");
  expect(headers['referrer-policy']).toBe('no-referrer');
  expect(headers['cache-control']).toMatch(caching);
}

const post = (path: string, type: string, body: string) =>
  askRaw(
    app.url,
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
const get = (path: string, host = 'localhost') => askLines(app.url, `GET ${path} HTTP/1.1`, `Host: ${host}`);
const json = 'application/json';

describe('security headers', () => {
  const answers: [string, number, () => Promise<RawAnswer>][] = [
    ['one record', 200, () => post('/produce', json, '{"topic":"t","message":1}')],
    ['a batch', 200, () => post('/produce/batch', json, '[{"topic":"t","message":1}]')],
    ['a batch in part', 207, () => post('/produce/batch', json, '[{"topic":"t","message":1},{}]')],
    ['a stream', 200, () => post('/produce/stream', 'application/x-ndjson', '{"topic":"t","message":1}\n')],
    ['a list', 200, () => get('/topics')],
    ['records', 200, () => get('/topics/t/records')],
    ['an export', 200, () => get('/monitors/export')],
    ['health', 200, () => get('/health')],
    ['metrics', 200, () => get('/metrics')],
    ['HEAD', 200, () => askLines(app.url, 'HEAD /topics HTTP/1.1', 'Host: localhost')],
    ['OPTIONS', 204, () => askLines(app.url, 'OPTIONS /topics HTTP/1.1', 'Host: localhost')],
    ['a redirect', 302, () => askLines(app.url, 'GET / HTTP/1.1', 'Host: localhost', 'Accept: text/html')],
    [
      'an unknown expectation',
      200,
      () => askLines(app.url, 'GET /topics HTTP/1.1', 'Host: localhost', 'Expect: x'),
    ],
    [
      'an upgrade that is not made',
      200,
      () => askLines(app.url, 'GET /topics HTTP/1.1', 'Host: localhost', 'Upgrade: websocket'),
    ],
    ['a malformed body', 400, () => post('/produce', json, '{')],
    ['a malformed URL', 400, () => get('/%zz')],
    ['no Host', 400, () => askLines(app.url, 'GET /topics HTTP/1.1')],
    ['no HTTP', 400, () => askRaw(app.url, '\x16\x03\x01 hello\r\n\r\n')],
    ['an unknown path', 404, () => get('/nope')],
    ['an unknown topic', 404, () => get('/topics/nope')],
    [
      'a method that is not there',
      405,
      () => askLines(app.url, 'DELETE /topics HTTP/1.1', 'Host: localhost'),
    ],
    ['CONNECT', 405, () => askLines(app.url, 'CONNECT a.example:1 HTTP/1.1', 'Host: localhost')],
    ['late headers', 408, () => askRaw(app.url, 'GET /topics HTTP/1.1\r\nHost: loc')],
    ['silence', 408, () => askRaw(app.url, '')],
    ['another type of content', 415, () => post('/produce', 'text/plain', 'x')],
    ['another Host', 421, () => get('/topics', 'evil.example')],
    ['a wrong field', 422, () => post('/produce', json, '{}')],
    ['long headers', 431, () => askLines(app.url, 'GET / HTTP/1.1', `X: ${'x'.repeat(20_000)}`)],
  ];
  it.each(answers)('are on %s (%i)', async (_name, status, ask) => {
    const answer = await ask();
    expect(answer.status).toBe(status);
    expectSecured(answer);
  });

  it('are on a followed topic', async () => {
    const socket = await openSocket(app.url);
    socket.write('GET /topics/t/tail HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const head = await new Promise<string>((resolve) =>
      socket.once('data', (chunk) => resolve(chunk.toString())),
    );
    socket.destroy();
    expectSecured(parseAnswer(head));
  });

  it('are on the documentation, which still works', async () => {
    const page = await get('/docs');
    expect(page.status).toBe(200);
    expectSecured(page, /./);
    expect(page.headers['x-frame-options']).toBe('DENY');
    const assets = [...page.body.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(
      ([, path]) => path as string,
    );
    expect(assets.length).toBeGreaterThan(2);
    for (const asset of assets) {
      const answer = await get(new URL(asset, 'http://localhost/docs').pathname);
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toMatch(asset.endsWith('.css') ? /^text\/css/ : /javascript/);
      expectSecured(answer, /./);
    }
    const { status, body } = await get('/docs/json');
    expect(status).toBe(200);
    expect(body).toContain('"openapi"');
  });
});
