import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MonitorStore, type RawResult } from '../../src/ports/monitor-store.port.js';
import { aMonitor, startMonitors, type MonitorsApp } from '../support/monitors-app.js';

let app: MonitorsApp;
beforeAll(async () => {
  app = await startMonitors();
});
afterAll(() => app.stop());

const create = async (more: object = {}) =>
  (await app.send('POST', '/monitors', aMonitor(more))).body.id as string;

async function all(query: string, between: () => Promise<unknown> = () => Promise.resolve()) {
  const ids: string[] = [];
  for (let next: string | null = ''; next !== null;) {
    const { status, body } = await app.send('GET', `/monitors?${query}&after=${next}`);
    expect(status).toBe(200);
    ids.push(...body.monitors.map(({ id }: { id: string }) => id));
    next = body.next;
    await between();
  }
  return ids;
}

describe('a list', () => {
  it('has everyone that was there exactly once, while others come and go', async () => {
    const there = await Promise.all(Array.from({ length: 25 }, () => create({ tags: ['paged'] })));
    const passing: string[] = [];
    const ids = await all('limit=4', async () => {
      if (passing.length > 3) await app.send('DELETE', `/monitors/${passing.shift()}`);
      passing.push(await create(), await create());
    });
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual([...ids].sort());
    expect(ids).toEqual(expect.arrayContaining(there));
    expect((await all('limit=1000&tag=paged')).sort()).toEqual([...there].sort());
    expect(await all('limit=5&tag=paged')).toHaveLength(25);
  });

  it('ends a page early where its configs are large, and misses none', async () => {
    const config = { brokers: ['127.0.0.1:9092'], topic: 'large', message: 'x'.repeat(55_000) };
    const many = Array.from({ length: 150 }, () =>
      aMonitor({ type: 'kafka-producer', tags: ['large'], config }),
    );
    for (let at = 0; at < many.length; at += 50)
      expect((await app.send('POST', '/monitors/import', many.slice(at, at + 50))).status).toBe(200);
    const { body } = await app.send('GET', '/monitors?limit=1000&tag=large');
    expect(body.monitors.length).toBeLessThan(80);
    expect(body.next).toBe(body.monitors.at(-1).id);
    const ids = await all('limit=1000&tag=large');
    expect([ids.length, new Set(ids).size]).toEqual([150, 150]);
  });

  it('has what fits to all filters', async () => {
    const wanted = await create({ name: 'The Shop of Žižkov', priority: 'low', tags: ['cz', 'shop'] });
    await create({ name: 'the shop', priority: 'low' });
    for (const query of [
      'search=the+shop+OF&priority=low',
      'tag=cz&type=tcp&active=false&status=pending',
      'tag=shop&status=2',
    ])
      expect(await all(query)).toEqual([wanted]);
    expect(await all('tag=cz&priority=default')).toEqual([]);
    expect(await all('tag=c_')).toEqual([]);
    expect(await all('search=%25')).toEqual([]);
  });

  it.each(['limit=0', 'limit=1001', 'after=x', 'status=7', 'active=yes', 'priority=9', 'tag=a&tag=b'])(
    'with %s is refused',
    async (query) => {
      const { status, body } = await app.send('GET', `/monitors?${query}`);
      expect([status, body.code]).toEqual([422, 'VALIDATION_FAILED']);
      expect(body.detail[0].loc[0]).toBe('query');
    },
  );
});

describe('results of a monitor', () => {
  const minute = 60_000;

  /** As a worker writes them: found down is down. */
  async function record(monitorId: string, count: number, more: Partial<RawResult> = {}) {
    const now = Date.now();
    const results = Array.from({ length: count }, (_, i): RawResult => ({
      id: `${monitorId}:${now - i * minute}`,
      monitorId,
      plannedAt: now - i * minute,
      at: now - i * minute + 20,
      found: i % 4 === 3 ? 'down' : 'up',
      latencyMs: 20,
      message: `number ${i}`,
      ...more,
    }));
    await app.app
      .get(MonitorStore)
      .record(results, (state, { found, at, plannedAt, latencyMs, message }) => ({
        status: found,
        state: {
          ...state,
          lastStatus: found,
          lastAt: at,
          lastPlannedAt: plannedAt,
          latencyMs,
          message,
          status: 1,
        },
        alerts: [],
      }));
  }

  it('come newest first, page by page, each once, while newer ones come', async () => {
    const id = await create();
    await record(id, 10);
    const seen: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const { status, body } = await app.send('GET', `/monitors/${id}/history?limit=3&after=${next}`);
      expect(status).toBe(200);
      seen.push(...body.results.map(({ message }: { message: string }) => message));
      next = body.next;
      await record(id, 1, { plannedAt: Date.now() + minute, id: `${id}:${Math.random()}`, message: 'newer' });
    }
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => `number ${i}`));
    const { body } = await app.send('GET', `/monitors/${id}/history?limit=1`);
    expect(body.results).toEqual([
      {
        id: expect.stringContaining(id),
        planned_at: expect.stringMatching(/Z$/),
        at: expect.stringMatching(/Z$/),
        status: 1,
        status_text: 'up',
        found: 'up',
        latency_ms: 20,
        message: 'newer',
      },
    ]);
  });

  it('make its uptime and its state', async () => {
    const id = await create();
    await record(id, 8);
    await record(id, 2, { found: 'unknown' });
    const { body } = await app.send('GET', `/monitors/${id}`);
    expect(body.uptime['24h']).toMatchObject({ ratio: 0.75, up: 6, down: 2, pending: 0 });
    expect(body.uptime['7d'].ratio).toBe(0.75);
    expect(body.uptime['30d'].ratio).toBe(0.75);
    expect(body.state).toMatchObject({ message: expect.any(String), latency_ms: 20, silent_since: null });
  });

  it('of one that has none are none', async () => {
    const id = await create();
    expect((await app.send('GET', `/monitors/${id}/history`)).body).toEqual({ results: [], next: null });
    for (const query of ['limit=1001', 'limit=0', 'after=%3D', 'after=x']) {
      const { status, body } = await app.send('GET', `/monitors/${id}/history?${query}`);
      expect([status, body.code]).toEqual([422, 'VALIDATION_FAILED']);
    }
  });
});
