import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MonitorStore } from '../../src/ports/monitor-store.port.js';
import type { Environment } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { aMonitor, startMonitors, type MonitorsApp } from '../support/monitors-app.js';
import { describeWithServers, startedMongo } from '../support/servers/index.js';

/** The same on databases whose ids have different forms. */
describe('monitors on SQLite', () => monitorsOn(() => Promise.resolve({})));
describeWithServers(['mongo'], 'monitors on MongoDB', () =>
  monitorsOn(async () => {
    const { host, fresh } = await startedMongo();
    const [DB_HOST = '', DB_PORT = ''] = host.split(':');
    return { DB_TYPE: 'mongodb', DB_HOST, DB_PORT, DB_NAME: fresh() };
  }),
);

function monitorsOn(database: () => Promise<Environment>): void {
  let app: MonitorsApp;
  beforeAll(async () => {
    app = await startMonitors(await database());
  });
  afterAll(() => app.stop());
  beforeEach(() => {
    app.events.length = 0;
  });

  const create = async (body: object = aMonitor()) => {
    const { status, body: created, headers } = await app.send('POST', '/monitors', body);
    expect(status).toBe(201);
    return { id: created.id as string, created, etag: headers.get('etag')!, headers };
  };
  const told = () =>
    app.events.map((event) => [event.type, 'monitor' in event ? event.monitor.id : event.id]);

  describe('a monitor', () => {
    it('is created with its defaults, read, and told of', async () => {
      const { id, created, headers } = await create();
      expect(created).toEqual({
        id: expect.stringMatching(/^([0-9a-f-]{36}|[0-9a-f]{24})$/),
        ...aMonitor(),
        timeout: 48,
        max_retries: 0,
        retry_interval: 60,
        resend_interval: 0,
        cron: null,
        timezone: null,
        priority: 'default',
        tags: [],
        maintenance_until: null,
        proxy_id: null,
        push_token: null,
        status: 2,
        status_text: 'pending',
        created_at: expect.stringMatching(/^\d{4}-.*Z$/),
        updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
      });
      expect(headers.get('location')).toBe(`/monitors/${id}`);
      const { body } = await app.send('GET', `/monitors/${id}`);
      expect(body).toMatchObject({ ...created, state: null, uptime: { '24h': { ratio: null, up: 0 } } });
      await eventually(() => expect(told()).toEqual([['monitor.created', id]]));
    });

    it('is created under an id that is given, once', async () => {
      const ids = ['a7f1c1de-3c2b-4f7e-8a52-0d1f5f0f9b01', '507f1f77bcf86cd799439011'];
      const [id] = ids.filter((each) => app.app.get(MonitorStore).isId(each)) as [string];
      expect((await create(aMonitor({ id }))).id).toBe(id);
      const { status, body } = await app.send('POST', '/monitors', aMonitor({ id, name: 'other' }));
      expect([status, body.code]).toEqual([409, 'MONITOR_EXISTS']);
      expect((await app.send('GET', `/monitors/${id}`)).body.name).toBe('shop');
    });

    it('is replaced with all defaults anew, patched in what is given, and deleted', async () => {
      const { id } = await create(aMonitor({ max_retries: 3, tags: ['eu'], priority: 'critical' }));
      const patched = await app.send('PATCH', `/monitors/${id}`, { interval: 30, timeout: 5, tags: ['us'] });
      expect(patched.status).toBe(200);
      expect(patched.body).toMatchObject({ interval: 30, timeout: 5, tags: ['us'], max_retries: 3 });
      expect(patched.body).toMatchObject({ priority: 'critical', retry_interval: 60 });
      const replaced = await app.send('PUT', `/monitors/${id}`, aMonitor({ interval: 10 }));
      expect(replaced.body).toMatchObject({
        interval: 10,
        timeout: 8,
        tags: [],
        max_retries: 0,
        priority: 'default',
      });
      const { body: shown } = await app.send('GET', `/monitors/${id}`);
      expect(shown).toMatchObject(replaced.body);
      expect((await app.send('DELETE', `/monitors/${id}`)).status).toBe(204);
      for (const method of ['GET', 'DELETE']) {
        const gone = await app.send(method, `/monitors/${id}`);
        expect([gone.status, gone.body.code]).toEqual([404, 'MONITOR_UNKNOWN']);
      }
      await eventually(() =>
        expect(told()).toEqual([
          ['monitor.created', id],
          ['monitor.updated', id],
          ['monitor.updated', id],
          ['monitor.deleted', id],
        ]),
      );
    });

    it('may be sent back as it was read', async () => {
      const { id } = await create(aMonitor({ interval: 1, tags: ['eu'] }));
      const { body } = await app.send('GET', `/monitors/${id}`);
      const { status, body: put } = await app.send('PUT', `/monitors/${id}`, body);
      expect(status).toBe(200);
      expect(put).toEqual({
        ...put,
        ...body,
        state: undefined,
        uptime: undefined,
        updated_at: put.updated_at,
      });
    });

    it('is edited only as it was seen, for who asks for that', async () => {
      const { id, etag, created } = await create();
      const path = `/monitors/${id}`;
      const first = await app.send('PATCH', path, { name: 'first' }, { 'if-match': etag });
      expect(first.status).toBe(200);
      const refusals = [
        await app.send('PATCH', path, { name: 'late' }, { 'if-match': etag }),
        await app.send('PUT', path, aMonitor({ name: 'late', if_updated_at: created.updated_at })),
        await app.send('DELETE', path, undefined, { 'if-match': etag }),
      ];
      expect(refusals.map(({ status, body }) => [status, body.code])).toEqual(
        refusals.map(() => [409, 'MONITOR_CHANGED']),
      );
      const seen = await app.send('GET', path);
      expect(seen.body.name).toBe('first');
      expect(seen.headers.get('etag')).toBe(first.headers.get('etag'));
      const good = await app.send('PATCH', path, { name: 'second', if_updated_at: seen.body.updated_at });
      expect([good.status, good.body.name]).toEqual([200, 'second']);
    });

    it('loses no edit of many at once, and each fits to what it found', async () => {
      const { id } = await create(aMonitor({ interval: 100, timeout: 50 }));
      const edits = [
        { name: 'n' },
        { tags: ['t'] },
        { max_retries: 2 },
        { priority: 'low' },
        { resend_interval: 5 },
      ];
      const answers = await Promise.all(edits.map((edit) => app.send('PATCH', `/monitors/${id}`, edit)));
      expect(answers.map(({ status }) => status)).toEqual(edits.map(() => 200));
      // Each of these alone is good; together they are not.
      const both = await Promise.all([
        app.send('PATCH', `/monitors/${id}`, { interval: 60 }),
        app.send('PATCH', `/monitors/${id}`, { timeout: 80 }),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);
      const { body } = await app.send('GET', `/monitors/${id}`);
      expect(body).toMatchObject(Object.assign({}, ...edits) as object);
      expect(body.timeout).toBeLessThan(body.interval);
    });
  });

  describe('pause and resume', () => {
    it('are told once, however often they are asked for', async () => {
      const { id } = await create();
      const actives: boolean[] = [];
      for (const action of ['resume', 'resume', 'pause', 'pause']) {
        const { status, body } = await app.send('POST', `/monitors/${id}/${action}`, {});
        expect(status).toBe(200);
        actives.push(body.active);
      }
      expect(actives).toEqual([true, true, false, false]);
      await eventually(() =>
        expect(told().map(([type]) => type)).toEqual([
          'monitor.created',
          'monitor.updated',
          'monitor.updated',
        ]),
      );
    });
  });

  describe('GET /checks', () => {
    it('says of each type how its config is written', async () => {
      const { status, body } = await app.send('GET', '/checks');
      expect(status).toBe(200);
      const types = body.checks.map(({ type }: { type: string }) => type);
      expect(types).toEqual(expect.arrayContaining(['http', 'tcp', 'dns', 'push', 'redis']));
      for (const check of body.checks)
        expect(check).toMatchObject({ description: expect.any(String), schema: { type: 'object' } });
      const http = body.checks.find(({ type }: { type: string }) => type === 'http');
      expect(http.schema.required).toContain('url');
      expect(http.secrets).toContain('basic_auth_pass');
    });
  });
}
