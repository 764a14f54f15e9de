import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MonitorStore } from '../../src/ports/monitor-store.port.js';
import { eventually } from '../support/eventually.js';
import { aSecretMonitor, SECRETS, startMonitors, type MonitorsApp } from '../support/monitors-app.js';

let app: MonitorsApp;
beforeAll(async () => {
  app = await startMonitors();
});
afterAll(() => app.stop());
beforeEach(() => {
  app.events.length = 0;
});

const create = async (body: object) => {
  const { status, body: created } = await app.send('POST', '/monitors', body);
  expect(status).toBe(201);
  return { id: created.id as string, created };
};

describe('secrets', () => {
  const hidden = (answer: { text: string }) => {
    for (const secret of SECRETS) expect(answer.text).not.toContain(secret);
  };
  const stored = async (id: string) => (await app.app.get(MonitorStore).get([id]))[0]!.config;

  it('stand in no answer and no event, and stay through edits that do not know them', async () => {
    const body = aSecretMonitor();
    const answer = await app.send('POST', '/monitors', body);
    const { id } = answer.body;
    const { body: shown } = answer;
    const answers = [
      answer,
      await app.send('GET', `/monitors/${id}`),
      await app.send('GET', '/monitors?type=http'),
      await app.send('PATCH', `/monitors/${id}`, { name: 'new' }),
      await app.send('PUT', `/monitors/${id}`, shown),
      await app.send('PATCH', `/monitors/${id}`, { config: shown.config }),
      await app.send('POST', `/monitors/${id}/resume`, {}),
      await app.send('POST', `/monitors/${id}/pause`, {}),
      await app.send('GET', '/monitors/export'),
    ];
    for (const each of answers) {
      expect([200, 201]).toContain(each.status);
      hidden(each);
    }
    expect(shown.config).toMatchObject({ basic_auth_pass: '********', basic_auth_user: 'probe' });
    expect(await stored(id)).toEqual(body.config);
    await eventually(() => expect(app.events.length).toBeGreaterThanOrEqual(6));
    hidden({ text: JSON.stringify(app.events) });
    const { basic_auth_pass: _, ...without } = shown.config;
    await app.send('PATCH', `/monitors/${id}`, { config: without });
    expect(await stored(id)).toEqual(body.config);
    await app.send('PATCH', `/monitors/${id}`, {
      config: { ...without, authMethod: 'none', basic_auth_pass: null },
    });
    expect(JSON.stringify(await stored(id))).not.toContain(SECRETS[0]);
  });

  it('are sent nowhere else: an edit that leads elsewhere is refused until they are written again', async () => {
    const body = aSecretMonitor();
    const { id, created } = await create(body);
    const shown = created.config;
    const elsewhere = { ...shown, url: shown.url.replace('127.0.0.1:9', '127.0.0.2:9') };
    const oauth = { ...shown, oauth_token_url: 'http://127.0.0.2/token' };
    const { basic_auth_pass: _, ...without } = elsewhere;
    const path = `/monitors/${id}`;
    const whole = aSecretMonitor({ id, config: elsewhere });
    const refused = [
      await app.send('PATCH', path, { config: elsewhere }),
      await app.send('PATCH', path, { config: JSON.stringify(without) }),
      await app.send('PATCH', path, { config: oauth }),
      await app.send('PUT', path, { ...whole, id: undefined }),
      await app.send('POST', '/monitors/import', [whole]),
    ];
    for (const { status, body: answer, text } of refused) {
      expect([status, answer.code]).toEqual([422, 'VALIDATION_FAILED']);
      const detail = answer.errors?.[0].error.detail ?? answer.detail;
      expect(detail.map(({ loc }: { loc: string[] }) => loc.join('.')).sort()).toEqual([
        'body.config.basic_auth_pass',
        'body.config.url',
      ]);
      hidden({ text });
    }
    expect(await stored(id)).toEqual(body.config);
    const moved = await app.send('PATCH', path, {
      config: { ...elsewhere, url: 'http://127.0.0.2:9/', basic_auth_pass: 'anew' },
    });
    expect(moved.status).toBe(200);
    expect(await stored(id)).toMatchObject({ url: 'http://127.0.0.2:9/', basic_auth_pass: 'anew' });
  });

  it('are shown by no marker that is moved to where none belongs', async () => {
    const { id, created } = await create(aSecretMonitor());
    const url = 'http://127.0.0.1:9/********';
    const answer = await app.send('PATCH', `/monitors/${id}`, { config: { ...created.config, url } });
    expect([answer.status, answer.body.detail?.[0].loc]).toEqual([422, ['body', 'config', 'url']]);
    hidden(answer);
    hidden(await app.send('GET', `/monitors/${id}`));
  });

  it('are no value of a mistake’s message', async () => {
    const { status, text } = await app.send('POST', '/monitors', aSecretMonitor({ timeout: 90 }));
    expect(status).toBe(422);
    hidden({ text });
  });
});
