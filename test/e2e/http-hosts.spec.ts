import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type RunningApp } from '../support/app.js';
import { askLines } from '../support/raw-http.js';

function statusOf(app: RunningApp, host: string, path = '/topics'): Promise<number> {
  return askLines(app.url, `GET ${path} HTTP/1.1`, `Host: ${host}`).then(({ status }) => status);
}

const EVIL = [
  'evil.example',
  'evil.example:8001',
  'EVIL.EXAMPLE',
  'evil.example.',
  'evil.',
  '[::1].evil.example',
  '[::1]evil.example',
  '[::1',
  '[::1%25lo]',
  '[evil.example]',
  '127.0.0.1.evil.example',
  '127.0.0.1@evil.example',
  'evil.example@127.0.0.1',
  'user:password@localhost',
  'localhost.evil.example',
  'localhost..',
  'localhost:8001.evil.example',
  'localhost:abc',
  'localhost:80:80',
  'localhost:99999',
  'localhost:-1',
  'localhost/evil.example',
  'localhost,evil.example',
  'localhost evil.example',
  'evil.example#.localhost',
  'evil.example/.svc',
  'evil.svc.example',
  'svc.cluster.local.evil.example',
  'evilsvc.cluster.example',
  '',
  '.',
  '::1',
];

describe('Host, on an address that is no loopback', () => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp({ HOST: '0.0.0.0', ALLOWED_HOSTS: 'carillon.test' });
  });
  afterAll(() => app.stop());

  it.each([
    'localhost',
    'LocalHost:8001',
    'localhost.',
    'localhost:',
    '127.8.9.1:1',
    '[::1]:8001',
    '10.0.0.1',
    '192.0.2.7:8001',
    '[2001:DB8::7]:8001',
    'carillon',
    'carillon_gateway:8001',
    'carillon.monitoring.svc',
    'carillon.monitoring.svc.cluster.local',
    'Carillon.Monitoring.svc.cluster.local.:80',
    'carillon.test',
    'Carillon.Test.:80',
    hostname(),
  ])('serves %p', async (host) => {
    expect(await statusOf(app, host)).toBe(200);
  });

  it.each(EVIL)('answers 421 to %p', async (host) => {
    const answer = await askLines(app.url, 'GET /monitors/export?secrets=true HTTP/1.1', `Host: ${host}`);
    expect(answer.status).toBe(421);
    expect(answer.body).toContain('ALLOWED_HOSTS');
  });

  it.each(['/health', '/health/', '/health/live', '/health/ready', '/health?x=1'])(
    'serves %s under any name',
    async (path) => {
      expect(await statusOf(app, 'evil.example', path)).toBe(200);
    },
  );

  it.each(['/healthy', '/health.', '/metrics', '/docs', '/docs/json', '/', '/x/health'])(
    'answers 421 for %s under another name',
    async (path) => {
      expect(await statusOf(app, 'evil.example', path)).toBe(421);
    },
  );

  it('asks the host of an absolute target as well', async () => {
    const ask = (target: string, host: string) =>
      askLines(app.url, `GET ${target} HTTP/1.1`, `Host: ${host}`).then(({ status }) => status);
    expect(await ask('http://localhost/topics', 'localhost')).toBe(200);
    expect(await ask('http://evil.example/topics', 'localhost')).toBe(421);
    expect(await ask('HTTP://localhost@evil.example/topics', 'localhost')).toBe(421);
    expect(await ask('http://localhost/topics', 'evil.example')).toBe(421);
  });

  it('wants exactly one Host', async () => {
    const hosts = ['localhost', 'evil.example'];
    for (const [first, second] of [hosts, [...hosts].reverse(), ['localhost', 'localhost']]) {
      const answer = await askLines(
        app.url,
        'GET /health/live HTTP/1.1',
        `Host: ${first}`,
        `hOST: ${second}`,
      );
      expect(answer.status).toBe(400);
      expect(answer.body).toContain('exactly one Host');
    }
    expect((await askLines(app.url, 'GET /health/live HTTP/1.1')).status).toBe(400);
    expect((await askLines(app.url, 'GET /topics HTTP/1.0')).status).toBe(421);
    // Load balancers of old ask like this.
    expect((await askLines(app.url, 'GET /health/live HTTP/1.0')).status).toBe(200);
  });
});

describe('Host, on loopback', () => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.stop());

  it.each([...EVIL, 'carillon', '10.0.0.1', '[2001:db8::7]', 'carillon.monitoring.svc'])(
    'answers 421 to %p, for /health as well',
    async (host) => {
      expect(await statusOf(app, host)).toBe(421);
      expect(await statusOf(app, host, '/health/live')).toBe(421);
    },
  );
});

describe('ALLOWED_HOSTS=*', () => {
  it.each(['127.0.0.1', '0.0.0.0'])('serves any Host on %s', async (host) => {
    const app = await startApp({ HOST: host, ALLOWED_HOSTS: '*' });
    try {
      expect(await statusOf(app, 'evil.example')).toBe(200);
    } finally {
      await app.stop();
    }
  });
});
