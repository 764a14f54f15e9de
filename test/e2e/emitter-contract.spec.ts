import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { get } from '../support/app.js';
import { status } from '../support/bad-server.js';
import {
  EmitTarget,
  expectBalance,
  newFolder,
  startEmitting,
  type EmittingApp,
} from '../support/emit-target.js';
import { eventually } from '../support/eventually.js';

/** Spaces, order and long numbers are to arrive as they stand here. */
const OBJECTS = [
  '{"event_type": 1,  "event_payload": 12345678901234567890}',
  '{"b":2.50,"a":"é\\u0041"}',
  '{}',
];
const LINE =
  /^HTTP metrics: jitter= *\d+\.\d ms \| status=\d{3} \| fail= *\d+\.\d% \| win= *\d+\/100 \| total=\d+$/;

let target: EmitTarget;
let folder: string;
let app: EmittingApp | undefined;
beforeEach(async () => {
  target = await EmitTarget.listen();
  folder = await newFolder();
  await writeFile(join(folder, 'events.json'), `[\n ${OBJECTS.join(',\n ')}\n]\n`);
});
afterEach(async () => {
  await app?.stop();
  app = undefined;
  await target.close();
});

function propagator(more: Record<string, string> = {}): Promise<EmittingApp> {
  return startEmitting({
    PERIOD_IN_SECONDS: '1',
    HTTP_POST_ENDPOINT: target.url,
    PAYLOAD_FILE_PATH: join(folder, 'events.json'),
    ...more,
  });
}

function seen(messages: number, ms = 15_000): Promise<void> {
  return eventually(() => expect(target.messages.length).toBeGreaterThanOrEqual(messages), ms);
}

describe('the propagator, by its variables alone', () => {
  it('asks its health check, sends the first at once, and the others on the grid', async () => {
    target.script([status(200)]);
    const before = Date.now();
    app = await propagator({ HEALTH_CHECK_ENDPOINT: target.at('/up') });
    const started = Date.now();
    await seen(5);
    const [asked, ...messages] = target.messages;
    expect([asked!.method, asked!.path]).toEqual(['GET', '/up']);
    const first = messages[0]!.plannedAt;
    expect(first).toBeGreaterThanOrEqual(before);
    expect(first).toBeLessThan(started + 1000);
    for (const { method, path, headers, body, key, plannedAt } of messages) {
      expect([method, path, headers['content-type']]).toEqual(['POST', '/event', 'application/json']);
      expect(OBJECTS).toContain(body);
      expect(key).toMatch(/^propagator-[0-9a-f]{8}-\d{13}$/);
      expect((plannedAt - first) % 1000).toBe(0);
    }
    expect(new Set(messages.map(({ key }) => key)).size).toBe(messages.length);
  });

  it('logs the contract’s line for each answer, and its books balance', async () => {
    target.script([status(200), status(204)]);
    app = await propagator({ EMITTER_ORDER: 'sequence' });
    await seen(4);
    expect(target.messages.slice(0, 4).map(({ body }) => body)).toEqual([...OBJECTS, OBJECTS[0]]);
    const lines = await eventually(() => {
      const all = app!.log.filter(({ msg }) => msg.startsWith('HTTP metrics'));
      expect(all.length).toBeGreaterThanOrEqual(4);
      return all;
    });
    for (const { msg } of lines) expect(msg).toMatch(LINE);
    expect(lines[1]).toMatchObject({
      msg: expect.stringContaining('| status=204 | fail=  0.0% | win=  2/100 | total=2'),
      emitter: 'propagator',
      key: target.messages[1]!.key,
      end: 'delivered',
      attempts: 1,
    });
    const { body } = await get(`${app.url}/emitters`);
    expect(body.emitters).toHaveLength(1);
    const [shown] = body.emitters;
    expect(shown).toMatchObject({
      name: 'propagator',
      state: 'running',
      schedule: 'every 1000 ms',
      target: `POST ${new URL(target.url).origin}`,
      circuit_open: false,
      trouble: null,
    });
    expect((Date.parse(shown.next_at) - target.messages[0]!.plannedAt) % 1000).toBe(0);
    expect(shown.books.delivered).toBeGreaterThanOrEqual(3);
    expect(shown.last_100.total).toBe(shown.books.delivered);
    expectBalance(shown.books);
  });

  it('counts what no server answers as a failure', async () => {
    await target.close();
    app = await propagator({ EMITTER_ATTEMPTS: '1' });
    const line = await eventually(() => {
      const found = app!.log.find(({ msg }) => msg.startsWith('HTTP metrics'));
      expect(found?.msg).toContain('| status=--- | fail=100.0% | win=  1/100 | total=1');
      return found;
    });
    expect(line).toMatchObject({ end: 'given up', status: null });
    expect((await app.show('propagator')).last_100.failure_rate).toBe(1);
    await target.comeBack(); // for afterEach
  });
});

describe('HEALTH_CHECK_ENDPOINT that does not answer 2xx', () => {
  it('holds every tick back, shows in /health, and is passed as soon as it does', async () => {
    target.script([], status(503));
    app = await propagator({ HEALTH_CHECK_ENDPOINT: target.at('/up') });
    await seen(3);
    expect(target.messages.every(({ method }) => method === 'GET')).toBe(true);
    const { status: code, body } = await get(`${app.url}/health`);
    expect([code, body.status]).toEqual([200, 'degraded']);
    expect(body.troubles).toEqual([
      {
        part: 'emitter',
        code: 'TARGET_UNAVAILABLE',
        message: 'HEALTH_CHECK_ENDPOINT must answer 2xx first, but it answered 503.',
      },
    ]);
    expect(await app.show('propagator')).toMatchObject({
      state: 'checking',
      next_at: null,
      trouble: body.troubles[0].message,
      books: { planned: 0 },
    });
    target.script([], status(200));
    await eventually(
      () => expect(target.messages.some(({ method }) => method === 'POST')).toBe(true),
      15_000,
    );
    expect(await app.show('propagator')).toMatchObject({ state: 'running', trouble: null });
    await eventually(async () => expect((await get(`${app!.url}/health`)).body.status).toBe('healthy'));
  });

  it('does not keep the process from stopping', async () => {
    target.script([], status(503));
    app = await propagator({ HEALTH_CHECK_ENDPOINT: target.at('/up') });
    await seen(1);
    const code = await app.stop();
    app = undefined;
    expect(code).toBe(0);
  });
});

describe('a payload file that is replaced', () => {
  it('by a bad one: the one before stays in use, and that is said; by a good one: it is taken over', async () => {
    app = await propagator();
    const file = join(folder, 'events.json');
    await writeFile(file, '[{"half":');
    const trouble = await eventually(async () => {
      const { trouble } = await app!.show('propagator');
      expect(trouble).toContain('Payload file contains invalid JSON');
      return trouble;
    });
    expect(trouble).not.toContain('half');
    expect(app.log.some(({ level, msg }) => level === 50 && msg.includes('stay in use'))).toBe(true);
    const { body: health } = await get(`${app.url}/health`);
    expect(health).toMatchObject({
      status: 'degraded',
      troubles: [{ part: 'emitter', code: 'PAYLOAD_FILE_UNUSABLE' }],
    });
    const before = target.messages.length;
    await seen(before + 1);
    expect(OBJECTS).toContain(target.messages.at(-1)!.body);
    await writeFile(file, '[{"new": 1}]');
    await eventually(() => expect(target.messages.at(-1)!.body).toBe('{"new": 1}'), 15_000);
    expect((await app.show('propagator')).trouble).toBeNull();
    expect(app.log.some(({ msg }) => msg.includes('was read again'))).toBe(true);
  });
});
