import { createHmac } from 'node:crypto';
import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BadServer, reset, status, type Behaviour } from '../support/bad-server.js';
import { emitOnce } from '../support/emit-once.js';
import { TestProxy } from '../support/test-proxy.js';

const MESSAGES = '/api/messages';
const created = status(201, {}, '{"message":"stored","data":{"id":1}}');
const moved: Behaviour = (response, request) =>
  response.writeHead(301, { location: request.path }).end('elsewhere');

let server: BadServer;

beforeEach(async () => {
  server = await BadServer.listen();
  server.behave = created;
});
afterEach(() => server.close());

/** A run that is not to wait. */
function environment(more: Record<string, string> = {}): Record<string, string> {
  const EMIT_PLANNED_AT = '2026-01-31T12:00:00Z';
  return { API_URL: server.url('/').href, ENVIRONMENT: 'test', RETRY_DELAY: '0', EMIT_PLANNED_AT, ...more };
}

describe('emit:once', () => {
  it.each<[string, Behaviour, number, number]>([
    ['201', created, 0, 1],
    ['201 with a body that is no JSON', status(201, {}, '<p>thanks</p>'), 0, 1],
    ['200', status(200), 0, 1],
    ['400', status(400, {}, '{"error":"datetime is required"}'), 65, 1],
    ['401', status(401), 65, 1],
    ['a redirect', moved, 65, 1],
    ['429', status(429), 69, 3],
    ['500', status(500), 69, 3],
    ['a broken connection', reset, 69, 3],
  ])('%s: exits as the table of docs/emitter.md says', async (_what, behaviour, code, requests) => {
    server.behave = behaviour;
    const run = await emitOnce(environment());
    expect({ code: run.code, requests: server.seen.length, stderr: run.stderr }).toEqual({
      code,
      requests,
      stderr: '',
    });
  });

  it('posts what the contract says, and leaves nothing behind', async () => {
    const run = await emitOnce(environment({ TZ: 'Europe/Vienna' }));
    expect(run.code).toBe(0);
    const [request] = server.seen;
    expect(request).toMatchObject({ method: 'POST', path: MESSAGES });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': `datetime-test-${Date.parse('2026-01-31T12:00:00Z')}`,
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({
      datetime: '2026-01-31T13:00:00+01:00',
      environment: 'test',
    });
    expect(await readdir(run.folder)).toEqual([]);
  });

  it.each([
    ['/base', '/base/api/messages'],
    ['/base/', '/base/api/messages'],
    ['/', '/api/messages'],
  ])('keeps a path in API_URL: %s', async (path, asked) => {
    await emitOnce(environment({ API_URL: server.url(path).href }));
    expect(server.seen.map((request) => request.path)).toEqual([asked]);
  });

  it('obeys Retry-After, and delivers in the end', async () => {
    const times: number[] = [];
    const timed =
      (behaviour: Behaviour): Behaviour =>
      (response, request) => {
        times.push(performance.now());
        behaviour(response, request);
      };
    const byDate: Behaviour = (response, request) =>
      status(503, { 'retry-after': new Date(Date.now() + 2000).toUTCString() })(response, request);
    server.next = [timed(status(429, { 'retry-after': '1' })), timed(byDate), timed(created)];
    const run = await emitOnce(environment());
    expect(run.code).toBe(0);
    expect(times).toHaveLength(3);
    expect(Number(times[1]) - Number(times[0])).toBeGreaterThan(900);
    expect(Number(times[2]) - Number(times[1])).toBeGreaterThan(900);
    expect(run.log.at(-1)).toMatchObject({ end: 'delivered', attempts: 3 });
  });

  it('waits RETRY_DELAY between MAX_RETRIES attempts', async () => {
    server.behave = status(500);
    const before = performance.now();
    const run = await emitOnce(environment({ MAX_RETRIES: '2', RETRY_DELAY: '1' }));
    expect({ code: run.code, requests: server.seen.length }).toEqual({ code: 69, requests: 2 });
    expect(performance.now() - before).toBeGreaterThan(1000);
  });

  it('exits 69 when nothing listens, and says so', async () => {
    const env = environment();
    await server.close();
    const run = await emitOnce(env);
    server = await BadServer.listen(); // for afterEach
    expect(run.code).toBe(69);
    expect(run.stdout).toContain('CONNECTION_REFUSED');
  });

  it('sends the password of its URL, and never shows it', async () => {
    const url = server.url('/');
    [url.username, url.password] = ['user', 'secret-word'];
    const good = await emitOnce(environment({ API_URL: url.href }));
    expect(server.seen[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from('user:secret-word').toString('base64')}`,
    );
    server.behave = status(500);
    const failed = await emitOnce(environment({ API_URL: url.href, LOG_LEVEL: 'debug' }));
    const wrong = await emitOnce(environment({ API_URL: url.href, ENVIRONMENT: 'secret-word' }));
    for (const { stdout, stderr } of [good, failed, wrong])
      expect(stdout + stderr).not.toContain('secret-word');
    expect([failed.code, wrong.code]).toEqual([69, 78]);
  });

  it('signs every attempt when there is a secret', async () => {
    server.next = [status(500)];
    await emitOnce(environment({ EMITTER_SIGNING_SECRET: 'a plain secret' }));
    expect(server.seen).toHaveLength(2);
    for (const { headers, body } of server.seen) {
      const id = String(headers['webhook-id']);
      expect(id).toBe(headers['idempotency-key']);
      const signed = `${id}.${String(headers['webhook-timestamp'])}.${body}`;
      const expected = createHmac('sha256', 'a plain secret').update(signed).digest('base64');
      expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    }
  });

  it('goes through a proxy', async () => {
    const proxy = await TestProxy.listen();
    const run = await emitOnce(environment({ http_proxy: proxy.url().href }));
    await proxy.close();
    expect({ code: run.code, requests: server.seen.length }).toEqual({ code: 0, requests: 1 });
    expect(proxy.seen).toHaveLength(1);
  });
});

describe('the planned time', () => {
  const planned = Math.floor(Date.now() / 60_000) - 60;

  it('comes from JOB_NAME: two runs of one job send the same key and the same body', async () => {
    const env = environment({ EMIT_PLANNED_AT: '', JOB_NAME: `carillon-datetime-${planned}`, TZ: 'UTC' });
    expect((await emitOnce(env)).code).toBe(0);
    expect((await emitOnce(env)).code).toBe(0);
    const [first, second] = server.seen;
    expect(first?.headers['idempotency-key']).toBe(`datetime-test-${planned * 60_000}`);
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect(second?.body).toBe(first?.body);
    const { datetime } = JSON.parse(first?.body ?? '');
    expect(Date.parse(datetime)).toBe(planned * 60_000);
  });

  it('is EMIT_PLANNED_AT before that', async () => {
    await emitOnce(environment({ JOB_NAME: `carillon-datetime-${planned}` }));
    expect(server.seen[0]?.headers['idempotency-key']).toBe('datetime-test-1769860800000');
  });

  it.each([
    ['no hint', ''],
    ['a job that somebody created by hand', 'manual-1'],
  ])('is now with %s, and the log says what that means', async (_what, JOB_NAME) => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const run = await emitOnce(environment({ EMIT_PLANNED_AT: '', JOB_NAME }));
    const { datetime } = JSON.parse(server.seen[0]?.body ?? '');
    expect(Date.parse(datetime)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(datetime)).toBeLessThanOrEqual(Date.now());
    expect(run.log[0]).toMatchObject({ level: 40 });
    expect(run.log[0]?.msg).toContain('another key');
  });
});

describe('a wrong configuration', () => {
  it('exits 78 and lists every mistake by name, never a value; nothing is sent', async () => {
    const run = await emitOnce({
      API_URL: 'ftp://secret-host',
      ENVIRONMENT: 'staging-secret',
      MAX_RETRIES: '0',
      RETRY_DELAY: 'secret',
      EMIT_PLANNED_AT: '2026-01-31T12:00:00',
      TZ: 'Secret/Zone',
      LOG_LEVEL: 'secret',
    });
    expect(run.code).toBe(78);
    const names = [
      'API_URL',
      'ENVIRONMENT',
      'MAX_RETRIES',
      'RETRY_DELAY',
      'EMIT_PLANNED_AT',
      'TZ',
      'LOG_LEVEL',
    ];
    for (const name of names) expect(run.stderr).toContain(`- ${name} `);
    expect(run.stderr).toContain(
      'must be a date and time with its offset, such as 2026-01-31T12:00:00+01:00',
    );
    expect((run.stdout + run.stderr).toLowerCase()).not.toContain('secret');
  });

  it.each([
    ['API_URL', { ENVIRONMENT: 'prod' }],
    ['ENVIRONMENT', { API_URL: 'http://localhost:1' }],
  ])('names what is missing: %s', async (name, env) => {
    const run = await emitOnce(env);
    expect(run.code).toBe(78);
    expect(run.stderr.trim().split('\n').slice(1)).toEqual([
      `  - Missing required environment variable: ${name}`,
    ]);
  });

  it('is not what only the service reads', async () => {
    const run = await emitOnce(environment({ PORT: 'x', MODULES: 'x', NODE_ENV: 'production' }));
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('may stand in .env; the real environment wins', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carillon-once-'));
    await writeFile(join(folder, '.env'), 'ENVIRONMENT=prod\nTZ=Asia/Kolkata\nAPI_URL=http://localhost:1\n');
    const { ENVIRONMENT: _, ...env } = environment();
    expect((await emitOnce(env, { folder })).code).toBe(0);
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
      datetime: '2026-01-31T17:30:00+05:30',
      environment: 'prod',
    });
  });
});
