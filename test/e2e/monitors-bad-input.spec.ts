import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aMonitor, startMonitors, type MonitorsApp } from '../support/monitors-app.js';

let app: MonitorsApp;
let id: string;
beforeAll(async () => {
  app = await startMonitors({ MONITORS_MAX: '2', MONITORS_IMPORT_MAX: '5' });
  id = (await app.send('POST', '/monitors', aMonitor())).body.id as string;
});
afterAll(() => app.stop());

const everything = async () => (await app.send('GET', '/monitors/export?format=ndjson')).text;

/** Nothing else changed, nobody was told, and the process lives. */
async function harmless<T>(attempt: () => Promise<T>): Promise<T> {
  const before = await everything();
  const events = app.events.length;
  const result = await attempt();
  expect(await everything()).toBe(before);
  expect(app.events.length).toBe(events);
  expect((await app.send('GET', '/health/live')).status).toBe(200);
  return result;
}

const BAD: [where: string, change: object][] = [
  ['body.interval', { interval: 0 }],
  ['body.interval', { interval: -1 }],
  ['body.timeout', { timeout: 60 }],
  ['body.timeout', { timeout: 600 }],
  ['body.cron', { cron: '99 * * * *' }],
  ['body.cron', { cron: 'nonsense' }],
  ['body.timezone', { cron: '0 9 * * *', timezone: 'Europe/Atlantis' }],
  ['body.type', { type: 'telepathy' }],
  ['body.type', { type: 'docker' }],
  ['body.config.port', { config: { host: 'x', port: 70_000 } }],
  ['body.config.hots', { config: { host: 'x', port: 1, hots: 'y' } }],
];

describe('a bad monitor', () => {
  it.each(BAD)('is refused at %s: %j', async (where, change) => {
    const { status, body } = await harmless(() => app.send('POST', '/monitors', aMonitor(change)));
    expect([status, body.code]).toEqual([422, 'VALIDATION_FAILED']);
    expect(body.detail.map(({ loc }: { loc: string[] }) => loc.join('.'))).toEqual([where]);
    const put = await harmless(() => app.send('PUT', `/monitors/${id}`, aMonitor(change)));
    expect([put.status, put.body.code]).toEqual([422, 'VALIDATION_FAILED']);
    if ('config' in change || 'type' in change) return;
    const patch = await harmless(() => app.send('PATCH', `/monitors/${id}`, change));
    expect([patch.status, patch.body.code]).toEqual([422, 'VALIDATION_FAILED']);
  });

  it('that is no JSON, or no object, is refused', async () => {
    const answers = await harmless(() =>
      Promise.all(['{"name":', '[]', '"x"', 'null', ''].map((body) => app.send('POST', '/monitors', body))),
    );
    expect(answers.map(({ status }) => status)).toEqual([400, 422, 422, 422, expect.any(Number)]);
    expect(answers.every(({ status }) => status >= 400 && status < 500)).toBe(true);
  });

  it('of another content type is refused', async () => {
    const { status, body } = await harmless(() =>
      app.send('POST', '/monitors', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
    );
    expect([status, body.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
  });
});

describe('an id', () => {
  const requests: [method: string, path: string, body: object | undefined][] = [
    ['GET', '', undefined],
    ['PUT', '', aMonitor()],
    ['PATCH', '', { name: 'x' }],
    ['DELETE', '', undefined],
    ['POST', '/pause', {}],
    ['POST', '/resume', {}],
    ['POST', '/run', {}],
    ['GET', '/history', undefined],
  ];

  it.each(requests)('of the wrong form is refused: %s …%s', async (method, path, body) => {
    for (const wrong of ['42', 'abc', '507f1f77bcf86cd799439011', '%00', "';--", 'x'.repeat(300)]) {
      const answer = await harmless(() => app.send(method, `/monitors/${wrong}${path}`, body));
      expect([answer.status, answer.body.code]).toEqual([422, 'VALIDATION_FAILED']);
      expect(answer.body.detail[0].loc).toEqual(['path', 'id']);
    }
  });

  it.each(requests)('that nobody has is unknown: %s …%s', async (method, path, body) => {
    const unknown = '00000000-0000-4000-8000-000000000000';
    const answer = await harmless(() => app.send(method, `/monitors/${unknown}${path}`, body));
    expect([answer.status, answer.body.code]).toEqual([404, 'MONITOR_UNKNOWN']);
  });

  it('of the wrong form, or of another monitor, in the body is refused', async () => {
    const post = await harmless(() => app.send('POST', '/monitors', aMonitor({ id: 'mine' })));
    expect([post.status, post.body.detail[0].loc]).toEqual([422, ['body', 'id']]);
    const other = '00000000-0000-4000-8000-000000000000';
    const put = await harmless(() => app.send('PUT', `/monitors/${id}`, aMonitor({ id: other })));
    expect([put.status, put.body.detail[0].loc]).toEqual([422, ['body', 'id']]);
  });
});

describe('too many', () => {
  const six = Array.from({ length: 6 }, (_, i) => aMonitor({ name: `n${i}` }));
  const lines = six.map((monitor) => JSON.stringify(monitor)).join('\n');

  it('in one import are refused before anything is done, as an array and as lines', async () => {
    const answers = await harmless(async () => [
      await app.send('POST', '/monitors/import', six),
      await app.send('POST', '/monitors/import', lines, { 'content-type': 'application/x-ndjson' }),
    ]);
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [413, 'IMPORT_TOO_LARGE'],
      [413, 'IMPORT_TOO_LARGE'],
    ]);
    for (const { body } of answers) expect(body.message).toContain('MONITORS_IMPORT_MAX');
  });

  it('in all are refused: by one, and in an import from the first on that has no room', async () => {
    const { status, body } = await app.send('POST', '/monitors/import', six.slice(0, 3));
    expect(status).toBe(207);
    expect(body).toMatchObject({ created: 1, failed: 2 });
    expect(body.errors.map(({ error }: { error: { code: string } }) => error.code)).toEqual([
      'MONITORS_FULL',
      'MONITORS_FULL',
    ]);
    const one = await harmless(() => app.send('POST', '/monitors', aMonitor()));
    expect([one.status, one.body.code]).toEqual([409, 'MONITORS_FULL']);
    expect(one.body.message).toContain('MONITORS_MAX');
    await app.send('DELETE', `/monitors/${body.ids[0]}`);
    expect((await app.send('POST', '/monitors', aMonitor())).status).toBe(201);
  });
});
