import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Lifecycle } from '../../src/process/lifecycle.js';
import { eventually } from '../support/eventually.js';
import {
  aMonitor,
  aSecretMonitor,
  SECRETS,
  startMonitors,
  type MonitorsApp,
} from '../support/monitors-app.js';

let app: MonitorsApp;
beforeEach(async () => {
  app = await startMonitors();
});
afterEach(() => app.stop());

const NDJSON = { 'content-type': 'application/x-ndjson' };
const importJson = (body: unknown, query = '') => app.send('POST', `/monitors/import${query}`, body);
const importLines = (lines: unknown[], query = '') =>
  app.send(
    'POST',
    `/monitors/import${query}`,
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
    NDJSON,
  );
const exported = async (query = '') => (await app.send('GET', `/monitors/export${query}`)).body;
const names = async () => (await exported()).map(({ name }: { name: string }) => name).sort();
const newId = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

describe('an import', () => {
  it('does the good ones among bad ones, and says of each bad one where it stands and why', async () => {
    const answer = await importLines([
      aMonitor({ name: 'one' }),
      '',
      '{"name": broken',
      aMonitor({ name: 'bad interval', interval: 0 }),
      aMonitor({ name: 'two', id: newId(2) }),
      aMonitor({ name: 'bad type', type: 'telepathy', id: newId(3) }),
      '"text"',
      aMonitor({ name: 'bad id', id: 'mine' }),
      aMonitor({ name: 'three' }),
    ]);
    expect(answer.status).toBe(207);
    expect(answer.body).toMatchObject({
      success: false,
      total: 8,
      created: 3,
      failed: 5,
      errors_left_out: 0,
    });
    expect(answer.body.errors).toEqual([
      { line: 3, id: null, error: expect.objectContaining({ code: 'MALFORMED_JSON' }) },
      { line: 4, id: null, error: expect.objectContaining({ code: 'VALIDATION_FAILED', retryable: false }) },
      { line: 6, id: newId(3), error: expect.objectContaining({ code: 'VALIDATION_FAILED' }) },
      { line: 7, id: null, error: expect.objectContaining({ code: 'VALIDATION_FAILED' }) },
      { line: 8, id: null, error: expect.objectContaining({ code: 'VALIDATION_FAILED' }) },
    ]);
    expect(answer.body.errors[1].error.detail[0].loc).toEqual(['body', 'interval']);
    const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(answer.body.ids).toEqual([uuid, null, null, newId(2), null, null, null, uuid]);
    expect(await names()).toEqual(['one', 'three', 'two']);
    await eventually(() =>
      expect(app.events.map(({ type }) => type)).toEqual(Array(3).fill('monitor.created')),
    );
  });

  it('of a JSON array does the same, by index; all good is 200, all bad the error of the first', async () => {
    const some = await importJson([aMonitor({ interval: 0 }), aMonitor({ name: 'good' })]);
    expect([some.status, some.body.errors[0].index]).toEqual([207, 0]);
    const good = await importJson([aMonitor({ name: 'a' }), aMonitor({ name: 'b' })]);
    expect([good.status, good.body.success, good.body.created]).toEqual([200, true, 2]);
    const bad = await importJson([aMonitor({ interval: 0 }), 5]);
    expect([bad.status, bad.body.code, bad.body.statusCode]).toEqual([422, 'VALIDATION_FAILED', 422]);
    expect(bad.body).toMatchObject({ created: 0, failed: 2, requestId: expect.any(String) });
    expect((await importJson([])).status).toBe(200);
    for (const body of [{}, 'text', null])
      expect((await importJson(body)).status).toBeGreaterThanOrEqual(400);
    expect(await names()).toEqual(['a', 'b', 'good']);
  });

  it('replaces, skips or refuses what is there, as asked', async () => {
    const old = aMonitor({ id: newId(1), name: 'old', tags: ['t'] });
    await importJson([old]);
    const fresh = aMonitor({ id: newId(1), name: 'new' });
    const refused = await importJson([fresh], '?existing=fail');
    expect([refused.status, refused.body.errors[0].error.code]).toEqual([409, 'MONITOR_EXISTS']);
    const skipped = await importJson([fresh], '?existing=skip');
    expect([skipped.status, skipped.body.skipped]).toEqual([200, 1]);
    expect(await names()).toEqual(['old']);
    const same = await importJson([old]);
    expect([same.status, same.body.unchanged]).toEqual([200, 1]);
    const replaced = await importLines([fresh]);
    expect([replaced.status, replaced.body.replaced, replaced.body.ids]).toEqual([200, 1, [newId(1)]]);
    expect((await exported())[0]).toMatchObject({ name: 'new', tags: [] });
    expect((await importJson([fresh], '?existing=merge')).status).toBe(422);
    await eventually(() =>
      expect(app.events.map(({ type }) => type)).toEqual(['monitor.created', 'monitor.updated']),
    );
  });

  it('of one id twice takes the later one', async () => {
    const lines = [1, 2, 3].map((n) => aMonitor({ id: newId(9), name: `n${n}` }));
    const { status, body } = await importLines(lines);
    expect([status, body.created, body.replaced]).toEqual([200, 1, 2]);
    expect(await names()).toEqual(['n3']);
  });

  it('of several groups is done, and told of, one by one', async () => {
    const many = Array.from({ length: 600 }, (_, i) => aMonitor({ id: newId(i), name: `m${i}` }));
    const { status, body } = await importLines(many);
    expect([status, body.created, body.ids.length]).toEqual([200, 600, 600]);
    await eventually(() => expect(app.events).toHaveLength(600));
    const again = await importJson(
      many.map((monitor, i) => (i % 2 ? monitor : { ...monitor, interval: 90 })),
    );
    expect(again.body).toMatchObject({ replaced: 300, unchanged: 300, failed: 0 });
    expect(await exported()).toHaveLength(600);
  });

  it('that is broken off in the midst changes nothing', async () => {
    const sending = request(new URL('/monitors/import', app.url), { method: 'POST', headers: NDJSON });
    sending.on('error', () => undefined);
    sending.write(`${JSON.stringify(aMonitor())}\n`.repeat(100));
    const lifecycle = app.app.get(Lifecycle);
    await eventually(() => expect(lifecycle.inFlight).toBe(1));
    sending.destroy();
    await eventually(() => expect(lifecycle.inFlight).toBe(0));
    expect((await importLines([aMonitor({ name: 'only' })])).status).toBe(200);
    expect(await names()).toEqual(['only']);
  });
});

describe('an export', () => {
  it('is what an import takes: whole with its secrets, and without them where they are still there', async () => {
    await importJson([
      aSecretMonitor({ id: newId(1), tags: ['a', 'b'], cron: '0 9 * * *', timezone: 'Europe/Prague' }),
      aMonitor({ id: newId(2), maintenance_until: '2026-12-31T00:00:00.000Z', priority: 'critical' }),
      aMonitor({ id: newId(3), type: 'push', config: {}, interval: 1 }),
    ]);
    const open = await app.send('GET', '/monitors/export?secrets=true&format=ndjson');
    const closed = await app.send('GET', '/monitors/export?format=ndjson');
    for (const secret of SECRETS) {
      expect(open.text).toContain(secret);
      expect(closed.text).not.toContain(secret);
    }
    expect(open.headers.get('content-type')).toContain('application/x-ndjson');
    const back = await app.send('POST', '/monitors/import', closed.text, NDJSON);
    expect(back.body).toMatchObject({ total: 3, unchanged: 3, failed: 0 });
    const other = await startMonitors();
    try {
      const blind = await other.send('POST', '/monitors/import', closed.text, NDJSON);
      expect(blind.body).toMatchObject({ created: 1, failed: 2 });
      for (const { error } of blind.body.errors) expect(error.message).toMatch(/write the (secret|token)/);
      await other.send('POST', '/monitors/import', open.text, NDJSON);
      expect((await other.send('GET', '/monitors/export?secrets=true&format=ndjson')).text).toBe(open.text);
    } finally {
      await other.stop();
    }
  });

  it('takes the filters of a list, and is an array unless asked otherwise', async () => {
    expect((await app.send('GET', '/monitors/export')).text).toBe('[]\n');
    await importJson([aMonitor({ name: 'a', tags: ['x'] }), aMonitor({ name: 'b' })]);
    expect((await exported('?tag=x')).map(({ name }: { name: string }) => name)).toEqual(['a']);
    for (const query of ['?format=xml', '?secrets=yes', '?active=1'])
      expect((await app.send('GET', `/monitors/export${query}`)).status).toBe(422);
  });
});
