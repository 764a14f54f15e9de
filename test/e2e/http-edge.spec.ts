import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { get, post, startApp, type RunningApp } from '../support/app.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp({ ALLOWED_HOSTS: 'carillon.test' });
});
afterAll(() => app.stop());

/** fetch sets Host itself, so this asks by hand. */
function statusFor(host: string, path = '/health/live', method = 'GET'): Promise<number | undefined> {
  const url = new URL(path, app.url);
  return new Promise((resolve, reject) => {
    const headers = { host, 'content-type': 'application/json' };
    const ask = request(url, { method, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    ask.on('error', reject).end(method === 'POST' ? '{"topic":"t","message":1}' : undefined);
  });
}

describe('Host, while the service listens on loopback', () => {
  it.each([
    'localhost',
    'LOCALHOST:8001',
    '127.0.0.1:1',
    '127.8.9.1',
    '[::1]:8001',
    'carillon.test',
    'Carillon.Test:80',
  ])('serves %s', async (host) => {
    expect(await statusFor(host)).toBe(200);
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    'evil.example:8001',
  ])('answers 421 to %p', async (host) => {
    expect(await statusFor(host)).toBe(421);
    expect(await statusFor(host, '/produce', 'POST')).toBe(421);
  });

  it('wrote nothing for those', async () => {
    expect((await get(`${app.url}/topics`)).body.topics).toEqual([]);
  });
});

describe('errors have one form', () => {
  it.each([
    ['/nope', 404, 'ROUTE_UNKNOWN'],
    ['/topics/nope', 404, 'TOPIC_UNKNOWN'],
    ['/topics/nope/records', 404, 'TOPIC_UNKNOWN'],
    ['/topics/nope/tail', 404, 'TOPIC_UNKNOWN'],
    ['/topics/a%20b', 422, 'VALIDATION_FAILED'],
    ['/topics/..%2f..', 422, 'VALIDATION_FAILED'],
    ['/topics/x/records?partition=-1', 422, 'VALIDATION_FAILED'],
    ['/topics/x/records?offset=1.5', 422, 'VALIDATION_FAILED'],
    ['/topics/x/records?limit=0', 422, 'VALIDATION_FAILED'],
    ['/topics/x/records?limit=1001', 422, 'VALIDATION_FAILED'],
    ['/topics/x/records?limit=1&limit=2', 422, 'VALIDATION_FAILED'],
    [`/topics/${'x'.repeat(249)}`, 404, 'TOPIC_UNKNOWN'],
    [`/topics/${'x'.repeat(250)}`, 422, 'VALIDATION_FAILED'],
    ['/%zz', 400, 'BAD_REQUEST'],
  ])('GET %s', async (path, statusCode, code) => {
    const { status, body } = await get(`${app.url}${path}`);
    expect(status).toBe(statusCode);
    expect(Object.keys(body).sort()).toEqual([
      'code',
      'detail',
      'message',
      'requestId',
      'retryable',
      'statusCode',
    ]);
    expect(body).toMatchObject({ statusCode, code });
  });

  it('a request that is no HTTP does not disturb the service', async () => {
    const { port, hostname } = new URL(app.url);
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(Number(port), hostname, () => socket.write('\x16\x03\x01 hello\r\n\r\n'));
      socket.on('data', (chunk) => (text += chunk.toString())).on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
      statusCode: 400,
      code: 'BAD_REQUEST',
    });
    expect((await get(`${app.url}/health/live`)).status).toBe(200);
  });
});

describe('bodies', () => {
  /** Sends `count` bytes of a body that never ends. */
  function hold(url: string, count: number): Promise<number | undefined> {
    return new Promise((resolve) => {
      const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
      const ask = request(new URL('/produce', url), { method: 'POST', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      ask.on('error', () => undefined).write('x'.repeat(count));
    });
  }

  it('that do not arrive are 408, and too many large ones at once 503', async () => {
    const other = await startApp({ BODY_TIMEOUT_MS: '700', BODY_LIMIT: '1000000', BODIES_LIMIT: '2000000' });
    try {
      const statuses = await Promise.all([1, 2, 3, 4].map(() => hold(other.url, 900_000)));
      expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0);
      expect(statuses.filter((status) => status === 408).length).toBeGreaterThan(0);
      await eventually(async () => expect(await hold(other.url, 900_000)).toBe(408));
    } finally {
      await other.stop();
    }
  });

  it('may be any kind of JSON by their content type, and have a slash behind the path', async () => {
    const record = { topic: 'kinds', message: 1 };
    for (const type of [
      'application/vnd.api+json; charset=utf-8',
      'application/cloudevents+json',
      'application/json;charset=UTF-8',
    ]) {
      expect((await post(`${app.url}/produce/`, record, { 'content-type': type })).status).toBe(200);
    }
  });
});
