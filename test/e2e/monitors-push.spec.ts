import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SECRET_MARKER } from '../../src/core/secret-text.js';
import { MonitorStore } from '../../src/ports/monitor-store.port.js';
import { TaskQueue } from '../../src/ports/task-queue.port.js';
import type { LogLine } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMonitor, startMonitors, type MonitorsApp } from '../support/monitors-app.js';
import { startProcess } from '../support/process.js';

let app: MonitorsApp;
const log: LogLine[] = [];
beforeAll(async () => {
  app = await startMonitors({}, { log });
});
afterAll(() => app.stop());

const aPush = (more: object = {}) => aMonitor({ type: 'push', config: {}, ...more });
const create = async (more: object = {}) => (await app.send('POST', '/monitors', aPush(more))).body;

describe('the URL of a push monitor', () => {
  it('takes what its job says, on both of its paths', async () => {
    const { id, push_token: token } = await create();
    expect(token).toMatch(/^[\w-]{32}$/);
    const said = async () => (await app.app.get(MonitorStore).pushes([id])).get(id);
    expect((await app.send('GET', `/push/${token}`)).body).toEqual({ ok: true });
    expect(await said()).toMatchObject({ found: 'up', message: '', latencyMs: null });
    const peekaping = `/api/v1/push/${token}?status=down&msg=disk+full&ping=12`;
    expect((await app.send('GET', peekaping)).status).toBe(200);
    expect(await said()).toMatchObject({ found: 'down', message: 'disk full', latencyMs: 12 });
    expect((await app.send('POST', `/push/${token}?status=up&msg=OK&ping=`, {})).status).toBe(200);
    expect(await said()).toMatchObject({ found: 'up', message: 'OK' });
  });

  it('takes a POST without a body and of any content type, as `curl -X POST` and others send it', async () => {
    const { id, push_token: token } = await create();
    const types = [undefined, 'application/x-www-form-urlencoded', 'application/json', 'text/plain'];
    for (const [i, type] of types.entries())
      for (const path of [`/push/${token}`, `/api/v1/push/${token}`]) {
        const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
        const { status, body } = await app.send('POST', `${path}?msg=${i}`, undefined, headers);
        expect([status, body]).toEqual([200, { ok: true }]);
        expect((await app.app.get(MonitorStore).pushes([id])).get(id)?.message).toBe(String(i));
      }
  });

  it('is the only one that does: a form is refused, and a body wants its type here too', async () => {
    const { id, push_token: token } = await create();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const refused = [
      await app.send('POST', `/push/${token}`, 'status=up', form),
      await app.send('POST', `/push/${token}`, 'status=up', { 'content-type': 'text/plain' }),
      await app.send('POST', `/monitors/${id}/resume`),
      await app.send('POST', `/monitors/${id}/run`, undefined, form),
      await app.send('POST', '/monitors'),
    ];
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(
      refused.map(() => [415, 'UNSUPPORTED_MEDIA_TYPE']),
    );
    expect((await app.app.get(MonitorStore).pushes([id])).size).toBe(0);
  });

  it('stays the same through edits, and works with a token that was given', async () => {
    const { id, push_token: token } = await create();
    const put = await app.send('PUT', `/monitors/${id}`, aPush({ name: 'new' }));
    expect(put.body.push_token).toBe(SECRET_MARKER);
    expect((await app.send('GET', `/push/${token}`)).status).toBe(200);
    const patched = await app.send('PATCH', `/monitors/${id}`, { push_token: 'a-token-of-ours' });
    expect(patched.body.push_token).toBe('a-token-of-ours');
    expect((await app.send('GET', '/push/a-token-of-ours')).status).toBe(200);
    expect((await app.send('GET', `/push/${token}`)).status).toBe(404);
  });

  it('is told once: to whoever makes it, and in an export with secrets', async () => {
    const { id, push_token: token } = await create({ name: 'told once' });
    expect(token).toMatch(/^[\w-]{32}$/);
    await app.send('PATCH', `/monitors/${id}`, { name: 'told once again' });
    const texts = [
      await app.send('GET', `/monitors/${id}`),
      await app.send('GET', '/monitors?limit=500'),
      await app.send('GET', '/monitors/export'),
      await app.send('GET', '/monitors/export?format=ndjson'),
      await app.send('PATCH', `/monitors/${id}`, { interval: 90 }),
      await app.send('POST', `/monitors/${id}/pause`, {}),
      await app.send('GET', `/monitors/${id}/history`),
    ].map(({ text }) => text);
    for (const text of texts) expect(text).not.toContain(token);
    expect(texts[0]).toContain(`"push_token":"${SECRET_MARKER}"`);
    expect(JSON.stringify(app.events)).not.toContain(token);
    expect((await app.send('GET', '/monitors/export?secrets=true')).text).toContain(token);
  });

  it('stays when what an answer showed is sent back, and is never the marker', async () => {
    const { id, push_token: token } = await create();
    const { body: shown } = await app.send('GET', `/monitors/${id}`);
    const { name, type, interval, config, push_token } = shown;
    const put = await app.send('PUT', `/monitors/${id}`, { name, type, interval, config, push_token });
    expect([put.status, put.body.push_token]).toEqual([200, SECRET_MARKER]);
    expect((await app.send('PATCH', `/monitors/${id}`, { push_token: SECRET_MARKER })).status).toBe(200);
    expect((await app.send('GET', `/push/${token}`)).status).toBe(200);
    const created = await app.send('POST', '/monitors', aPush({ push_token: SECRET_MARKER }));
    expect([created.status, created.body.detail[0].loc]).toEqual([422, ['body', 'push_token']]);
    const turned = await app.send('POST', '/monitors', aMonitor());
    const becomes = { type: 'push', config: {} };
    const { body: pushed } = await app.send('PATCH', `/monitors/${turned.body.id}`, becomes);
    expect(pushed.push_token).toMatch(/^[\w-]{32}$/);
  });

  it('of nobody, or with what it does not know, is refused', async () => {
    for (const token of ['nobody-has-this', '%00', "';--", 'x'.repeat(400)]) {
      const { status, body } = await app.send('GET', `/push/${token}`);
      expect([status, body.code]).toEqual([404, 'PUSH_UNKNOWN']);
    }
    const { id, push_token: token } = await create();
    for (const query of ['status=maybe', 'ping=fast']) {
      const { status, body } = await app.send('GET', `/push/${token}?${query}`);
      expect([status, body.code]).toEqual([422, 'VALIDATION_FAILED']);
    }
    expect((await app.app.get(MonitorStore).pushes([id])).size).toBe(0);
    const { text } = await app.send('GET', '/metrics');
    expect(text).toMatch(/^carillon_pushes_total\{outcome="unknown_token"\} [1-9]/m);
  });

  it('is in no event, no metric and no line of the log, at debug neither', async () => {
    const service = await startProcess({
      MODULES: 'leader,scheduler,worker,health',
      LOG_LEVEL: 'debug',
    });
    try {
      const body = JSON.stringify(aPush({ push_token: 'token-that-nobody-sees' }));
      const headers = { 'content-type': 'application/json' };
      expect((await fetch(`${service.url}/monitors`, { method: 'POST', headers, body })).status).toBe(201);
      for (const path of [
        '/push/token-that-nobody-sees',
        '/push/token-that-nobody-sees?status=x',
        '/push/token-that-nobody-sees/x',
      ])
        await fetch(service.url + path);
      await eventually(() => expect(service.log.join('\n')).toMatch(/"route":"\/push\/:token"/));
      const metrics = await (await fetch(`${service.url}/metrics`)).text();
      expect(service.log.join('\n') + metrics).not.toContain('nobody-sees');
    } finally {
      service.child.kill('SIGTERM');
      expect(await service.exited).toBe(0);
    }
    await create({ push_token: 'token-that-nobody-hears' });
    await eventually(() => expect(app.events.length).toBeGreaterThan(0));
    expect(JSON.stringify(app.events) + JSON.stringify(log)).not.toContain('nobody-hears');
  });
});

describe('a check that is asked for', () => {
  it('is a task of its own, and its result is there to read, also of a paused monitor', async () => {
    const { body: monitor } = await app.send('POST', '/monitors', aMonitor({ priority: 'critical' }));
    const before = Date.now();
    const asked = await app.send('POST', `/monitors/${monitor.id}/run`, {});
    expect(asked.status).toBe(202);
    expect(asked.body).toEqual({
      task_id: expect.stringMatching(new RegExp(`^${monitor.id}:now:[0-9a-f-]{36}$`)),
      monitor_id: monitor.id,
      queue: 'critical',
      scheduled_at: expect.any(String),
    });
    expect(Date.parse(asked.body.scheduled_at)).toBeGreaterThanOrEqual(before);
    const task = await app.app.get(TaskQueue).inspector.get('critical', asked.body.task_id);
    expect(JSON.parse(task.payload.toString())).toEqual({
      monitor_id: monitor.id,
      scheduled_at: asked.body.scheduled_at.replace('.000Z', 'Z'),
    });
    const { text } = await app.send('GET', '/metrics');
    expect(text).toMatch(/^carillon_scheduler_run_now_total 1$/m);
    await eventually(async () => {
      const { body } = await app.send('GET', `/monitors/${monitor.id}/history`);
      expect(body.results).toMatchObject([{ id: asked.body.task_id, found: 'down' }]);
    });
  });
});
