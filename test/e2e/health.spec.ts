import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { get, post, startApp, type RunningApp } from '../support/app.js';

let app: RunningApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

describe('health', () => {
  it('GET /health keeps the contract’s fields and names every open port’s driver and state', async () => {
    const { status, body } = await get(`${app.url}/health`);
    expect(status).toBe(200);
    expect(body).toEqual({
      status: 'healthy',
      timestamp: expect.stringMatching(/Z$/),
      kafka_connected: true,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      parts: ['producer', 'batch', 'processor', 'emitter', 'leader', 'scheduler', 'worker', 'health'],
      ports: [
        { port: 'RecordLog', driver: 'embedded', state: 'up' },
        { port: 'IdempotencyStore', driver: 'embedded', state: 'up' },
        { port: 'MessageExchange', driver: 'embedded', state: 'up' },
        { port: 'LeaderLease', driver: 'embedded', state: 'up' },
        { port: 'TaskQueue', driver: 'embedded', state: 'up' },
        { port: 'MonitorEvents', driver: 'embedded', state: 'up' },
        { port: 'MonitorStore', driver: 'embedded', state: 'up' },
      ],
      troubles: [],
    });
  });

  it('GET /health/live and /health/ready answer 200', async () => {
    expect((await get(`${app.url}/health/live`)).body).toEqual({ status: 'alive' });
    expect((await get(`${app.url}/health/ready`)).body.status).toBe('ready');
  });

  it('GET /metrics counts by bounded labels', async () => {
    await post(`${app.url}/produce`, { topic: 'm', message: 1 });
    await get(`${app.url}/nothing/here`);
    const { text, headers } = await get(`${app.url}/metrics`);
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    expect(text).toContain('carillon_producer_records_total{code="OK"} 1');
    expect(text).toMatch(
      /carillon_http_request_seconds_count\{method="POST",route="\/produce",status="200"\} 1/,
    );
    expect(text).toMatch(
      /carillon_http_request_seconds_count\{method="GET",route="unknown",status="404"\} 1/,
    );
    expect(text).toContain('process_resident_memory_bytes');
  });
});

describe('GET /', () => {
  it('lists the endpoints', async () => {
    const { body } = await get(`${app.url}/`);
    expect(body).toMatchObject({
      message: 'Carillon',
      endpoints: {
        health: '/health',
        produce: '/produce',
        emitters: '/emitters',
        leader: '/leader',
        docs: '/docs',
      },
    });
  });

  it('sends a browser to the docs', async () => {
    const { status, headers } = await get(`${app.url}/`, { accept: 'text/html,application/xhtml+xml' });
    expect({ status, to: headers.get('location') }).toEqual({ status: 302, to: '/docs' });
  });

  it('GET /docs is Swagger UI, with everything it loads', async () => {
    const { status, text } = await get(`${app.url}/docs`);
    expect(status).toBe(200);
    const files = [...text.matchAll(/(?:src|href)="(\.\/docs\/[^"]+)"/g)].map((match) => match[1] as string);
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) expect((await get(new URL(file, `${app.url}/`).href)).status).toBe(200);
  });

  it('GET /docs/json describes the routes, /docs/yaml too, and what is not there has our error', async () => {
    const { status, headers, body } = await get(`${app.url}/docs/json`);
    expect({ status, type: headers.get('content-type') }).toEqual({
      status: 200,
      type: expect.stringContaining('application/json'),
    });
    expect(body.paths['/produce'].post).toMatchObject({
      summary: 'Writes one record to a topic',
      responses: { 200: { description: 'Written.' }, 422: {} },
    });
    expect((await get(`${app.url}/docs/yaml`)).text).toContain('/produce:');
    expect((await get(`${app.url}/docs/nothing`)).body).toMatchObject({
      statusCode: 404,
      code: 'ROUTE_UNKNOWN',
    });
  });
});

describe('parts', () => {
  it('that do not run have no routes and open no ports', async () => {
    const health = await startApp({ MODULES: 'health' });
    try {
      expect((await get(`${health.url}/health`)).body).toMatchObject({
        parts: ['health'],
        ports: [],
        kafka_connected: false,
      });
      expect((await post(`${health.url}/produce`, {})).body.code).toBe('ROUTE_UNKNOWN');
      expect((await get(`${health.url}/`)).body.endpoints).not.toHaveProperty('produce');
    } finally {
      await health.stop();
    }
  });
});
