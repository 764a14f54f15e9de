import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { get, post } from '../support/app.js';
import { status } from '../support/bad-server.js';
import {
  created,
  EmitTarget,
  emittersFile,
  emitterTo,
  filesBelow,
  newFolder,
} from '../support/emit-target.js';
import { eventually } from '../support/eventually.js';
import { runToEnd, startProcess, type RunningProcess } from '../support/process.js';

let target: EmitTarget;
beforeEach(async () => {
  target = await EmitTarget.listen();
});
afterEach(() => target.close());

async function events(text = '[{"n":1}]'): Promise<string> {
  const path = join(await newFolder(), 'events.json');
  await writeFile(path, text);
  return path;
}

async function hourly(more: Record<string, string> = {}): Promise<RunningProcess> {
  return startProcess({
    PERIOD_IN_SECONDS: '3600',
    HTTP_POST_ENDPOINT: target.url,
    PAYLOAD_FILE_PATH: await events(),
    ...more,
  });
}

const logged = ({ log }: RunningProcess) => log.join('\n');

describe('the variables of an emitter', () => {
  it('none of them: the part says in one line that it is idle', async () => {
    const service = await startProcess();
    const lines = service.log.filter((line) => line.includes('The emitter is idle: set '));
    expect(lines).toHaveLength(1);
    expect(service.log.filter((line) => /"level":[4-6]0/.test(line))).toEqual([]);
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
  });

  it.each<[string, Record<string, string>, string[]]>([
    [
      'some of the propagator’s',
      { PERIOD_IN_SECONDS: '5' },
      [
        'Missing required environment variable: HTTP_POST_ENDPOINT',
        'Missing required environment variable: PAYLOAD_FILE_PATH',
      ],
    ],
    ['API_URL alone', { API_URL: 'http://x.test' }, ['Missing required environment variable: ENVIRONMENT']],
  ])('%s: exit 78 with the contract’s text', async (_, env, texts) => {
    const { code, stderr } = await runToEnd(env);
    expect(code).toBe(78);
    for (const text of texts) expect(stderr).toContain(text);
  });

  it.each([
    ['{', 'Payload file contains invalid JSON: '],
    ['{}', 'Payload file must be a JSON array'],
    ['[]', 'Payload file is empty'],
    ['[{}, 1]', 'Each payload must be a JSON object'],
    [null, 'Payload file not found: '],
  ])('a payload file that is %s: exit 78, nothing is sent', async (text, told) => {
    const { code, stderr } = await runToEnd({
      PERIOD_IN_SECONDS: '1',
      HTTP_POST_ENDPOINT: target.url,
      PAYLOAD_FILE_PATH: text === null ? '/nowhere/events.json' : await events(text),
    });
    expect(code).toBe(78);
    expect(stderr).toContain(told);
    expect(target.messages).toEqual([]);
  });
});

describe('SIGTERM', () => {
  it('with nothing in flight ends at once, whatever the period', async () => {
    const service = await hourly();
    await eventually(() => expect(logged(service)).toContain('HTTP metrics'));
    const before = performance.now();
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(0);
    expect(performance.now() - before).toBeLessThan(5000);
    expect(target.messages).toHaveLength(1);
  });

  it('lets what is in flight come to its end', async () => {
    const { open } = target.hold();
    const service = await hourly();
    await eventually(() => expect(target.messages).toHaveLength(1));
    service.child.kill('SIGTERM');
    await eventually(() => expect(logged(service)).toContain('Stopping'));
    await eventually(async () => expect(await refused(service.url)).toBe(true));
    open();
    expect(await service.exited).toBe(0);
    expect(logged(service)).toContain('"end":"delivered"');
  });

  /** One that was refused, on its way again to a target that does not answer. */
  async function resending(more: Record<string, string> = {}) {
    target.script([status(400)]);
    const service = await hourly(more);
    const letters = async () => (await get(`${service.url}/emitters/propagator`)).body.dead_letters;
    await eventually(async () => expect(await letters()).toBe(1));
    const { open } = target.hold();
    const resent = post(`${service.url}/emitters/propagator/dead-letters/resend`, {});
    await eventually(() => expect(target.messages).toHaveLength(2));
    return { service, open, resent };
  }

  it('lets what is sent again come to its end', async () => {
    const { service, open, resent } = await resending();
    service.child.kill('SIGTERM');
    await eventually(async () => expect(await refused(service.url)).toBe(true));
    open();
    expect((await resent).body).toMatchObject({ resent: 1, failed: [] });
    expect(await service.exited).toBe(0);
    expect(await filesBelow(join(service.folder, 'emitter-given-up'))).toEqual([]);
  });

  it('cuts off what is sent again and never answered: it stays where it is', async () => {
    const { service, resent } = await resending({ SHUTDOWN_TIMEOUT_MS: '1500' });
    service.child.kill('SIGTERM');
    expect((await resent).body).toMatchObject({ resent: 0, failed: [{ reason: expect.any(String) }] });
    expect(await service.exited).toBe(1);
    expect(logged(service)).toContain('messages being sent again were cut off');
    expect(await filesBelow(join(service.folder, 'emitter-given-up'))).toHaveLength(1);
  });

  it('keeps what is never answered, says so and exits 1', async () => {
    target.hold();
    const service = await hourly({ SHUTDOWN_TIMEOUT_MS: '2000' });
    await eventually(() => expect(target.messages).toHaveLength(1));
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(1);
    expect(logged(service)).toMatch(/1 messages? of emitter propagator cut off/);
    const folder = join(service.folder, 'emitter-given-up', 'propagator');
    const [name, ...others] = await filesBelow(folder);
    expect(others).toEqual([]);
    expect(JSON.parse(await readFile(join(folder, name!), 'utf8'))).toMatchObject({
      key: target.messages[0]!.key,
      body: '{"n":1}',
      end: 'given up',
      may_have_arrived: true,
    });

    target.script([], created);
    const next = await hourly({ DATA_FOLDER: service.folder });
    const { body } = await post(`${next.url}/emitters/propagator/dead-letters/resend`, {});
    expect(body).toMatchObject({ resent: 1, stopped: null });
    expect(target.messages.at(-1)).toMatchObject({ key: target.messages[0]!.key, body: '{"n":1}' });
    next.child.kill('SIGTERM');
    expect(await next.exited).toBe(0);
  });

  it('keeps what waits for its turn, too', async () => {
    target.hold();
    const file = await emittersFile([emitterTo(target, { every: '100ms', overlap: 'queue' })]);
    const service = await startProcess({ EMITTERS_FILE: file, SHUTDOWN_TIMEOUT_MS: '1500' });
    const books = async () => (await get(`${service.url}/emitters/alpha`)).body.books;
    await eventually(async () => expect((await books()).in_flight).toBeGreaterThan(3));
    const { in_flight: least } = await books();
    service.child.kill('SIGTERM');
    expect(await service.exited).toBe(1);
    const kept = await filesBelow(join(service.folder, 'emitter-given-up'));
    expect(kept.length).toBeGreaterThanOrEqual(least);
    expect(logged(service)).toContain(`${kept.length} messages of emitter alpha cut off`);
  });
});

/** Written in several pieces, so that most kills come in the middle of a file. */
const MANY = 1_000_000;

describe('kill -9 while messages are given up', () => {
  it('leaves no half file, and the next start goes on', async () => {
    target.script([], status(400));
    const file = await emittersFile([
      emitterTo(target, { every: '10ms', payload: { template: { text: 'x'.repeat(MANY) } } }),
    ]);
    let folder: string | undefined;
    const wholeFiles = async () => {
      if (folder === undefined) return [];
      const names = await filesBelow(join(folder, 'emitter-given-up', 'alpha'));
      return names.filter((name) => !name.startsWith('.'));
    };
    for (let round = 0; round < 3; round += 1) {
      const before = target.messages.length;
      const { length: kept } = await wholeFiles();
      const env: Record<string, string> = folder === undefined ? {} : { DATA_FOLDER: folder };
      const service = await startProcess({ EMITTERS_FILE: file, ...env });
      folder = service.folder;
      await eventually(async () => {
        expect(target.messages.length).toBeGreaterThan(before + 10);
        expect((await wholeFiles()).length).toBeGreaterThan(kept + 2);
      }, 15_000);
      service.child.kill('SIGKILL');
      await service.exited;
    }
    const givenUp = join(folder as string, 'emitter-given-up', 'alpha');
    const names = await wholeFiles();
    expect(names.length).toBeGreaterThanOrEqual(9);
    for (const name of names) {
      const { body } = JSON.parse(await readFile(join(givenUp, name), 'utf8'));
      expect(JSON.parse(body).text).toHaveLength(MANY);
    }
    const last = await startProcess({ EMITTERS_FILE: file, DATA_FOLDER: folder as string });
    const { dead_letters } = (await get(`${last.url}/emitters/alpha`)).body;
    expect(dead_letters).toBeGreaterThanOrEqual(names.length);
    last.child.kill('SIGTERM');
    expect(await last.exited).toBe(0);
  }, 60_000);
});

describe('a port that is taken', () => {
  it('ends the start with 1 before anything is sent', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { code, stderr } = await runToEnd({
      PORT: String((other.address() as AddressInfo).port),
      PERIOD_IN_SECONDS: '1',
      HTTP_POST_ENDPOINT: target.url,
      PAYLOAD_FILE_PATH: await events(),
    });
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain('PORT is taken');
    expect(target.messages).toEqual([]);
  });
});

async function refused(url: string): Promise<boolean> {
  return fetch(url).then(
    () => false,
    () => true,
  );
}
