import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { answerOf, get } from '../support/app.js';
import { status } from '../support/bad-server.js';
import {
  created,
  EmitTarget,
  emitterTo,
  filesBelow,
  newFolder,
  startEmitters,
  type EmittingApp,
} from '../support/emit-target.js';
import { eventually } from '../support/eventually.js';

let target: EmitTarget;
let folder: string;
let app: EmittingApp | undefined;
beforeEach(async () => {
  target = await EmitTarget.listen();
  folder = await newFolder();
});
afterEach(async () => {
  await app?.stop();
  app = undefined;
  await target.close();
});

async function start(fields: Record<string, unknown> = {}, env: Record<string, string> = {}) {
  app = await startEmitters([emitterTo(target, fields)], { EMITTER_GIVEN_UP_FOLDER: folder, ...env });
  return app;
}

async function letters(running: EmittingApp, query = '') {
  return (await get(`${running.url}/emitters/alpha/dead-letters${query}`)).body;
}

describe('what was given up', () => {
  it('lies there over a restart, is shown, sent again with its key and body, and is gone', async () => {
    target.script([], status(503));
    const first = await start();
    const keys = [];
    for (let i = 0; i < 3; i += 1) keys.push((await first.call('trigger')).body.key);
    const bodies = target.messages.map(({ body }) => body);
    expect(await first.stop()).toBe(0);

    target.script([], created);
    const before = target.messages.length;
    const { call, show, url } = await start();
    expect((await show()).dead_letters).toBe(3);
    const page = await letters(app!, '?limit=2');
    expect([page.total, page.dead_letters.length]).toEqual([3, 2]);
    const rest = await letters(app!, `?after=${page.next}`);
    const all = [...page.dead_letters, ...rest.dead_letters];
    expect(all.map(({ key }) => key)).toEqual(keys);
    expect(all[0]).toMatchObject({ end: 'given_up', attempts: 3, status: 503 });
    const shown = await get(`${url}/emitters/alpha/dead-letters/${all[1].id}`);
    expect(shown.body).toEqual({ ...all[1], body: bodies[3] });

    const dry = await call('dead-letters/resend', { dry_run: true });
    expect(dry.body).toMatchObject({ dry_run: true, resent: 0, ids: all.map(({ id }) => id) });
    expect(target.messages).toHaveLength(before);

    const one = await call(`dead-letters/${all[2].id}/resend`);
    expect(one.body).toMatchObject({ resent: 1, ids: [all[2].id], failed: [], stopped: null });
    const others = await call('dead-letters/resend');
    expect(others.body).toMatchObject({ resent: 2, ids: [all[0].id, all[1].id], missing: [] });
    const again = target.messages.slice(before).map(({ key, body }) => [key, body]);
    expect(again).toEqual([
      [keys[2], bodies[6]],
      [keys[0], bodies[0]],
      [keys[1], bodies[3]],
    ]);
    expect(await letters(app!)).toMatchObject({ total: 0 });
    expect(await filesBelow(folder)).toEqual([]);
    expect((await show()).dead_letters).toBe(0);
    expect((await get(`${url}/metrics`)).text).toContain('carillon_emitter_resent_total{emitter="alpha"} 3');
  });

  it('stays when it is refused again, and a target that takes nothing ends the round', async () => {
    target.script([], status(400));
    const { call } = await start();
    for (let i = 0; i < 6; i += 1) await call('trigger');
    target.script([status(400), created], status(503));
    const { body } = await call('dead-letters/resend');
    expect(body).toMatchObject({ resent: 1, stopped: expect.stringContaining('try later') });
    expect(body.failed.map(({ reason }: { reason: string }) => reason)).toEqual([
      'answered 400',
      ...Array<unknown>(3).fill(expect.stringContaining('answered 503')),
    ]);
    expect(await letters(app!)).toMatchObject({ total: 5 });
  });

  it('is discarded', async () => {
    target.script([status(400)]);
    const { call, url, show } = await start();
    await call('trigger');
    const [{ id }] = (await letters(app!)).dead_letters;
    const discard = async (one: string) =>
      answerOf(await fetch(`${url}/emitters/alpha/dead-letters/${one}`, { method: 'DELETE' }));
    expect((await discard(id)).status).toBe(204);
    const gone = await discard(id);
    expect([gone.status, gone.body.code]).toEqual([404, 'GIVEN_UP_UNKNOWN']);
    expect((await discard('..%2F..%2Fetc')).status).toBe(404);
    expect((await show()).dead_letters).toBe(0);
  });

  it('cannot be kept: the message is lost, counted and said, /health shows it, and the process lives', async () => {
    await rm(folder, { recursive: true });
    await writeFile(folder, 'a file where the folder should be');
    target.script([status(400)]);
    const { call, url, log } = await start();
    expect((await call('trigger')).body.end).toBe('refused');
    const lost = 'carillon_emitter_lost_total{emitter="alpha"}';
    await eventually(async () => expect((await get(`${url}/metrics`)).text).toContain(`${lost} 1`));
    expect(log.filter(({ level, msg }) => level === 50 && msg.includes('is lost'))).toHaveLength(1);
    await eventually(async () => {
      const { body } = await get(`${url}/health`);
      expect(body).toMatchObject({
        status: 'degraded',
        troubles: [{ part: 'emitter', code: 'OUTPUT_UNUSABLE' }],
      });
    });
    await rm(folder);
    await mkdir(folder);
    target.script([status(400)]);
    await call('trigger');
    expect(await filesBelow(folder)).toHaveLength(1);
    await eventually(async () => expect((await get(`${url}/health`)).body.status).toBe('healthy'));
  });

  it('is bounded by EMITTER_GIVEN_UP_MOST', async () => {
    target.script([], status(400));
    const { call, url } = await start({}, { EMITTER_GIVEN_UP_MOST: '2' });
    for (let i = 0; i < 3; i += 1) await call('trigger');
    expect(await filesBelow(folder)).toHaveLength(2);
    const { text } = await get(`${url}/metrics`);
    expect(text).toContain('carillon_emitter_lost_total{emitter="alpha"} 1');
  });

  it('holds neither the address nor a header', async () => {
    target.script([status(400)]);
    const url = target.url.replace('://', '://user:hunter2@');
    await start({ target: { http: { url, headers: { 'x-token': 'secret-1' } } } });
    await app!.call('trigger');
    expect(target.messages[0]!.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('user:hunter2').toString('base64')}`,
      'x-token': 'secret-1',
    });
    const [name] = await filesBelow(folder);
    const text = await readFile(join(folder, 'alpha', name!), 'utf8');
    for (const told of [text, JSON.stringify(app!.log), JSON.stringify(await app!.show())])
      expect(told).not.toMatch(/hunter2|secret-1/);
  });
});
