import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status } from '../support/bad-server.js';
import {
  created,
  EmitTarget,
  emitterTo,
  newFolder,
  startEmitters,
  type EmittingApp,
} from '../support/emit-target.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** `npm run emit:resend` with these arguments; or the script itself, in a working folder. */
async function resend(args: readonly string[], { cwd = ROOT }: { cwd?: string } = {}) {
  const isNpm = cwd === ROOT;
  const command = isNpm ? 'npm' : process.execPath;
  const before = isNpm ? ['run', '--silent', 'emit:resend', '--'] : [join(ROOT, 'scripts/emit-resend.mjs')];
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(command, [...before, ...args], { cwd, env: { PATH, HOME } });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, out, err };
}

let target: EmitTarget;
let app: EmittingApp;
beforeEach(async () => {
  target = await EmitTarget.listen();
  const retry = { attempts: 1 };
  app = await startEmitters([
    emitterTo(target, { retry }),
    emitterTo(target, { name: 'beta', retry }),
    emitterTo(target, { name: 'gamma', retry }),
  ]);
});
afterEach(async () => {
  await app.stop();
  await target.close();
});

/** Messages that are refused, so that no circuit opens. */
async function giveUp(messages: number, emitter = 'alpha'): Promise<void> {
  target.script([], status(400));
  for (let i = 0; i < messages; i += 1) await app.call('trigger', {}, emitter);
  target.script([], created);
}

describe('npm run emit:resend', () => {
  it('sends everything of all emitters again, and exits 0; a dry run sends nothing', async () => {
    await giveUp(3);
    await giveUp(2, 'beta');
    const dry = await resend(['--dry-run', '--url', app.url]);
    expect(dry).toMatchObject({
      code: 0,
      out: expect.stringContaining('alpha: 3 would be sent, 0 failed, 0 left\n'),
    });
    expect(target.messages).toHaveLength(5);
    const { code, out } = await resend(['--url', app.url]);
    expect([code, out]).toEqual([
      0,
      'alpha: 3 delivered, 0 failed, 0 left\nbeta: 2 delivered, 0 failed, 0 left\ngamma: 0 delivered, 0 failed, 0 left\n',
    ]);
    const keys = target.messages.map(({ key }) => key);
    expect(keys.slice(5)).toEqual(keys.slice(0, 5));
    expect((await app.show()).dead_letters).toBe(0);
  }, 60_000);

  it('of one emitter only', async () => {
    await giveUp(1);
    await giveUp(1, 'beta');
    const { code, out } = await resend(['--emitter', 'beta', '--url', `${app.url}/`]);
    expect([code, out]).toEqual([0, 'beta: 1 delivered, 0 failed, 0 left\n']);
    expect((await app.show()).dead_letters).toBe(1);
  }, 60_000);

  it('exits 65 when some are refused again, having tried each once', async () => {
    await giveUp(3);
    target.script([status(422), created, status(404)]);
    const { code, out } = await resend(['--url', app.url]);
    expect(code).toBe(65);
    expect(out).toContain('alpha: 1 delivered, 2 failed, 0 left\n');
    expect(out).toContain('  answered 422\n');
    expect(target.messages).toHaveLength(6);
  }, 60_000);

  it('goes on after a target’s moment of weakness, and exits 69 for the one that it met', async () => {
    await giveUp(4);
    target.script([created, status(503)]);
    const { code, out } = await resend(['--url', app.url]);
    expect([code, out]).toEqual([69, expect.stringContaining('alpha: 3 delivered, 1 failed, 0 left\n')]);
    expect((await app.show()).dead_letters).toBe(1);
  }, 60_000);

  it('exits 69 when the target takes nothing, and leaves the others alone', async () => {
    await giveUp(4);
    const before = target.messages.length;
    target.script([], status(503));
    const { code, out } = await resend(['--url', app.url]);
    expect([code, out]).toEqual([
      69,
      expect.stringMatching(/alpha: 0 delivered, 3 failed, 1 left: .*try later\n/),
    ]);
    expect(target.messages).toHaveLength(before + 3);
    expect((await app.show()).dead_letters).toBe(4);
  }, 60_000);

  it('finds the service by PORT in .env', async () => {
    await giveUp(1);
    const cwd = await newFolder();
    await writeFile(join(cwd, '.env'), `PORT=${new URL(app.url).port}\n`);
    const { code, out } = await resend(['--emitter', 'alpha'], { cwd });
    expect([code, out]).toEqual([0, 'alpha: 1 delivered, 0 failed, 0 left\n']);
  }, 60_000);

  it('exits 69 when no service answers, or something else does', async () => {
    const cwd = await newFolder();
    for (const body of ['ok', '{"message":"here is no such thing"}', 'null']) {
      target.script([], status(200, {}, body));
      const other = await resend(['--url', target.at('/')], { cwd });
      expect([other.code, other.err]).toEqual([
        69,
        expect.stringMatching(/does not answer as|is no service/),
      ]);
    }
    await app.stop();
    const none = await resend(['--url', app.url], { cwd });
    expect([none.code, none.err]).toEqual([69, expect.stringContaining('ECONNREFUSED')]);
  }, 60_000);

  it('exits 64 for what it does not understand', async () => {
    await giveUp(1);
    const cwd = await newFolder();
    const wrong = [
      ['--dryrun'],
      ['alpha'],
      ['--emitter', 'nobody'],
      ['--url', 'localhost:1'],
      ['--url', 'x'],
    ];
    for (const args of wrong) {
      const { code, err } = await resend([...args, ...(args.includes('--url') ? [] : ['--url', app.url])], {
        cwd,
      });
      expect([args, code, err]).toEqual([
        args,
        64,
        expect.stringMatching(/Usage|There is no emitter nobody; there are: alpha/),
      ]);
    }
    expect((await app.show()).dead_letters).toBe(1);
  }, 60_000);
});
