import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { useAlpha } from '../support/alpha-emitter.js';
import { answerOf, get } from '../support/app.js';
import { status } from '../support/bad-server.js';
import { created, filesBelow } from '../support/emit-target.js';
import { eventually } from '../support/eventually.js';

const alpha = useAlpha();

describe('what was given up', () => {
  it('lies there over a restart, is shown, sent again with its key and body, and is gone', async () => {
    alpha.target.script([], status(503));
    const first = await alpha.start();
    const keys = [];
    for (let i = 0; i < 3; i += 1) keys.push((await first.call('trigger')).body.key);
    const bodies = alpha.target.messages.map(({ body }) => body);
    expect(await first.stop()).toBe(0);

    alpha.target.script([], created);
    const before = alpha.target.messages.length;
    const { call, show, url } = await alpha.start();
    expect((await show()).dead_letters).toBe(3);
    const page = await alpha.letters('?limit=2');
    expect([page.total, page.dead_letters.length]).toEqual([3, 2]);
    const rest = await alpha.letters(`?after=${page.next}`);
    const all = [...page.dead_letters, ...rest.dead_letters];
    expect(all.map(({ key }) => key)).toEqual(keys);
    expect(all[0]).toMatchObject({ end: 'given_up', attempts: 3, status: 503 });
    const shown = await get(`${url}/emitters/alpha/dead-letters/${all[1].id}`);
    expect(shown.body).toEqual({ ...all[1], body: bodies[3] });

    const dry = await call('dead-letters/resend', { dry_run: true });
    expect(dry.body).toMatchObject({ dry_run: true, resent: 0, ids: all.map(({ id }) => id) });
    expect(alpha.target.messages).toHaveLength(before);

    const one = await call(`dead-letters/${all[2].id}/resend`);
    expect(one.body).toMatchObject({ resent: 1, ids: [all[2].id], failed: [], stopped: null });
    const others = await call('dead-letters/resend');
    expect(others.body).toMatchObject({ resent: 2, ids: [all[0].id, all[1].id], missing: [] });
    const again = alpha.target.messages.slice(before).map(({ key, body }) => [key, body]);
    expect(again).toEqual([
      [keys[2], bodies[6]],
      [keys[0], bodies[0]],
      [keys[1], bodies[3]],
    ]);
    expect(await alpha.letters()).toMatchObject({ total: 0 });
    expect(await filesBelow(alpha.folder)).toEqual([]);
    expect((await show()).dead_letters).toBe(0);
    expect((await get(`${url}/metrics`)).text).toContain('carillon_emitter_resent_total{emitter="alpha"} 3');
  });

  it('stays when it is refused again, and a target that takes nothing ends the round', async () => {
    alpha.target.script([], status(400));
    const { call } = await alpha.start();
    for (let i = 0; i < 6; i += 1) await call('trigger');
    alpha.target.script([status(400), created], status(503));
    const { body } = await call('dead-letters/resend');
    expect(body).toMatchObject({ resent: 1, stopped: expect.stringContaining('try later') });
    expect(body.failed.map(({ reason }: { reason: string }) => reason)).toEqual([
      'answered 400',
      ...Array<unknown>(3).fill(expect.stringContaining('answered 503')),
    ]);
    expect(await alpha.letters()).toMatchObject({ total: 5 });
  });

  it('is discarded', async () => {
    alpha.target.script([status(400)]);
    const { call, url, show } = await alpha.start();
    await call('trigger');
    const [{ id }] = (await alpha.letters()).dead_letters;
    const discard = async (one: string) =>
      answerOf(await fetch(`${url}/emitters/alpha/dead-letters/${one}`, { method: 'DELETE' }));
    expect((await discard(id)).status).toBe(204);
    const gone = await discard(id);
    expect([gone.status, gone.body.code]).toEqual([404, 'GIVEN_UP_UNKNOWN']);
    expect((await discard('..%2F..%2Fetc')).status).toBe(404);
    expect((await show()).dead_letters).toBe(0);
  });

  it('cannot be kept: the message is lost, counted and said, /health shows it, and the process lives', async () => {
    await rm(alpha.folder, { recursive: true });
    await writeFile(alpha.folder, 'a file where the folder should be');
    alpha.target.script([status(400)]);
    const { call, url, log } = await alpha.start();
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
    await rm(alpha.folder);
    await mkdir(alpha.folder);
    alpha.target.script([status(400)]);
    await call('trigger');
    expect(await filesBelow(alpha.folder)).toHaveLength(1);
    await eventually(async () => expect((await get(`${url}/health`)).body.status).toBe('healthy'));
  });

  it('is bounded by EMITTER_GIVEN_UP_MOST', async () => {
    alpha.target.script([], status(400));
    const { call, url } = await alpha.start({}, { EMITTER_GIVEN_UP_MOST: '2' });
    for (let i = 0; i < 3; i += 1) await call('trigger');
    expect(await filesBelow(alpha.folder)).toHaveLength(2);
    const { text } = await get(`${url}/metrics`);
    expect(text).toContain('carillon_emitter_lost_total{emitter="alpha"} 1');
  });

  it('holds neither the address nor a header', async () => {
    alpha.target.script([status(400)]);
    const url = alpha.target.url.replace('://', '://user:hunter2@');
    await alpha.start({ target: { http: { url, headers: { 'x-token': 'secret-1' } } } });
    await alpha.app.call('trigger');
    expect(alpha.target.messages[0]!.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('user:hunter2').toString('base64')}`,
      'x-token': 'secret-1',
    });
    const [name] = await filesBelow(alpha.folder);
    const text = await readFile(join(alpha.folder, 'alpha', name!), 'utf8');
    for (const told of [text, JSON.stringify(alpha.app.log), JSON.stringify(await alpha.app.show())])
      expect(told).not.toMatch(/hunter2|secret-1/);
  });
});
