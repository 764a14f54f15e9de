import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, startApp, type RunningApp } from '../support/app.js';

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
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write('\x16\x03\x01 hello\r\n\r\n'));
      socket.resume().on('close', () => resolve());
    });
    expect((await get(`${app.url}/health/live`)).status).toBe(200);
  });
});
