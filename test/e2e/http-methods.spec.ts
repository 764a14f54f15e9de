import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerOf, startApp, type Answer, type RunningApp } from '../support/app.js';
import { askLines, openSocket, parseAnswer, readToEnd } from '../support/raw-http.js';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

let app: RunningApp;
let paths: Record<string, object>;
beforeAll(async () => {
  app = await startApp();
  const text = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
  ({ paths } = JSON.parse(text) as { paths: Record<string, object> });
});
afterAll(() => app.stop());

const concrete = (path: string) => path.replaceAll(/\{(\w+)\}/g, 'any-$1');
const methodsOf = (operations: object) => Object.keys(operations).map((method) => method.toUpperCase());

async function ask(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
  return answerOf(await fetch(`${app.url}${path}`, { method, redirect: 'manual', ...init }));
}

/** Every path of the specification, with the methods that it has. */
function everyPath(): { path: string; methods: string[]; allow: string }[] {
  return Object.entries(paths).map(([path, operations]) => {
    const methods = methodsOf(operations);
    const head = methods.includes('GET') ? ['HEAD'] : [];
    return { path: concrete(path), methods, allow: [...methods, ...head, 'OPTIONS'].sort().join(', ') };
  });
}

describe('a method that a path does not have', () => {
  it('is 405 with Allow on every path, with and without a body', async () => {
    const found = everyPath();
    expect(found.length).toBeGreaterThan(40);
    for (const { path, methods, allow } of found) {
      for (const method of METHODS.filter((each) => !methods.includes(each))) {
        const bodies: RequestInit[] =
          method === 'GET'
            ? [{}]
            : [
                {},
                { body: '{}', headers: { 'content-type': 'application/json' } },
                { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
              ];
        for (const init of bodies) {
          const { status, headers, body } = await ask(method, path, init);
          expect({ method, path, status, allow: headers.get('allow'), code: body?.code }).toEqual({
            method,
            path,
            status: 405,
            allow,
            code: 'METHOD_NOT_ALLOWED',
          });
        }
      }
    }
  });

  it.each(['TRACE', 'PROPFIND', 'SEARCH', 'PURGE'])('is 405 for %s as well', async (method) => {
    for (const path of ['/produce', '/produce/', '/topics/x/records?limit=1', '/docs', '/docs/json', '/']) {
      const answer = await askLines(app.url, `${method} ${path} HTTP/1.1`, 'Host: localhost');
      expect({ path, status: answer.status }).toEqual({ path, status: 405 });
      expect(answer.headers.allow).toContain(path.startsWith('/produce') ? 'POST' : 'GET');
    }
  });

  it('is 405 for CONNECT, on the bare connection', async () => {
    const answer = await askLines(app.url, 'CONNECT evil.example:443 HTTP/1.1', 'Host: localhost');
    expect(answer.status).toBe(405);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
  });

  it('is answered before the body has come', async () => {
    for (const [path, status] of [
      ['/health', 405],
      ['/nope', 404],
    ] as const) {
      const socket = await openSocket(app.url);
      const answer = readToEnd(socket);
      socket.write(
        `PUT ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\nConnection: close\r\n\r\n{`,
      );
      socket.once('data', () => socket.end());
      expect(parseAnswer(await answer).status).toBe(status);
    }
  });
});

describe('OPTIONS, HEAD and unknown paths', () => {
  it('OPTIONS is 204 with Allow on every path', async () => {
    for (const { path, allow } of everyPath()) {
      const { status, headers } = await ask('OPTIONS', path);
      expect({ path, status, allow: headers.get('allow') }).toEqual({ path, status: 204, allow });
    }
  });

  it('HEAD is what GET is, without the body', async () => {
    for (const { path, methods } of everyPath()) {
      if (!methods.includes('GET') || path.startsWith('/topics/any-topic/tail')) continue;
      const head = await fetch(`${app.url}${path}`, { method: 'HEAD' });
      const get = await ask('GET', path);
      expect({ path, status: head.status, text: await head.text() }).toEqual({
        path,
        status: get.status,
        text: '',
      });
    }
  });

  it.each(['GET', 'POST', 'OPTIONS', 'DELETE', 'TRACE'])(
    '%s of no path is 404 without Allow',
    async (method) => {
      for (const path of ['/nope', '/topics/a/b/c', '/produce/batch/x', '/monitorsx', '/xmonitors']) {
        const answer = await askLines(app.url, `${method} ${path} HTTP/1.1`, 'Host: localhost');
        expect({ path, status: answer.status }).toEqual({ path, status: 404 });
        expect(answer.headers.allow).toBeUndefined();
        expect(JSON.parse(answer.body)).toMatchObject({ code: 'ROUTE_UNKNOWN' });
      }
    },
  );
});
