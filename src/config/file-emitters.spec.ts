import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EmittersFolder, oneEmitter as one } from '../../test/support/emitters-folder.js';

let folder: EmittersFolder;
const load: EmittersFolder['load'] = (...args) => folder.load(...args);
const mistakes: EmittersFolder['mistakes'] = (...args) => folder.mistakes(...args);

beforeEach(() => {
  folder = new EmittersFolder();
});

afterEach(() => folder.remove());

describe('EMITTERS_FILE', () => {
  it('describes emitters in YAML, with the variables as their defaults', () => {
    const emitters = load(
      `
emitters:
  - name: orders-1
    every: 5m
    target:
      http: { url: "https://u:\${PASS}@target.test/x", method: PUT, headers: { Authorization: "Bearer \${TOKEN}" } }
    payload: { file: sub/p.json, order: sequence }
    retry: { attempts: 2, delay: fixed, base_ms: 50, retry_after_cap_s: 3, max_elapsed_s: 4 }
    timeout_ms: 700
    missed: latest
    window_s: 60
    overlap: skip
    max_in_flight: 2
    preflight: http://target.test/health
    paused: true
    first_at_once: false
    signing_secret: \${SIGN}
  - name: nightly
    cron: 0 30 2 * * *
    timezone: America/New_York
    target: { topic: { name: t.1, key: k, headers: { h: v } } }
    payload: { template: { at: "{{planned}}", n: "{{count}}", list: [1, null, 1.5] } }
  - name: manual
    every: never
    target: { exchange: { routing_key: a.b } }
    payload: { template: null }
`,
      { PASS: 'p', TOKEN: 't', SIGN: 'whsec_AAAA', EMITTER_ATTEMPTS: '7', EMITTER_SIGNING_SECRET: 's' },
    );
    expect(emitters[0]).toEqual({
      name: 'orders-1',
      schedule: { kind: 'every', periodMs: 300_000, onEpoch: false },
      firstAtOnce: false,
      target: {
        kind: 'http',
        url: new URL('https://u:p@target.test/x'),
        method: 'PUT',
        headers: { Authorization: 'Bearer t' },
      },
      payload: { kind: 'file', path: join(folder.path, 'sub', 'p.json'), order: 'sequence' },
      timeoutMs: 700,
      retry: {
        attempts: 2,
        delay: 'fixed',
        baseMs: 50,
        capMs: 50,
        retryAfterCapMs: 3000,
        maxElapsedMs: 4000,
      },
      policies: { missed: 'latest', windowMs: 60_000, overlap: 'skip', maxInFlight: 2 },
      preflight: new URL('http://target.test/health'),
      paused: true,
      signingSecret: 'whsec_AAAA',
      expects201: false,
    });
    expect(emitters[1]).toMatchObject({
      schedule: { kind: 'cron', line: '0 30 2 * * *', zone: 'America/New_York' },
      firstAtOnce: false,
      target: { kind: 'topic', topic: 't.1', key: 'k', headers: { h: 'v' } },
      payload: { kind: 'template', text: '{"at":"{{planned}}","n":"{{count}}","list":[1,null,1.5]}' },
      retry: { attempts: 7, delay: 'jitter', baseMs: 200, capMs: 5000, maxElapsedMs: null },
      signingSecret: null,
    });
    expect(emitters[2]).toMatchObject({
      schedule: { kind: 'never' },
      target: { kind: 'exchange', exchange: 'expenses_exchange', routingKey: 'a.b' },
      payload: { text: 'null' },
    });
  });

  it('takes payloads in the order of EMITTER_ORDER, unless the emitter says another', () => {
    const payload = { file: 'sub/p.json' };
    const order = (env: Record<string, string>, more = {}) =>
      load(one({ payload: { ...payload, ...more } }), env)[0]?.payload;
    expect(order({})).toMatchObject({ order: 'random' });
    expect(order({ EMITTER_ORDER: 'sequence' })).toMatchObject({ order: 'sequence' });
    expect(order({ EMITTER_ORDER: 'sequence' }, { order: 'shuffle' })).toMatchObject({ order: 'shuffle' });
    expect(folder.warnings(one({ payload }), { EMITTER_ORDER: 'sequence' })).toEqual([]);
    expect(mistakes(one({ payload }), { EMITTER_ORDER: 'any' })).toEqual([
      'EMITTER_ORDER must be one of random, sequence, shuffle',
    ]);
  });

  it('reads JSON as well, with tabs and a byte order mark', () => {
    const json = `\ufeff${JSON.stringify(JSON.parse(one({})), null, '\t')}`;
    expect(load(json)[0]).toMatchObject({ name: 'a', signingSecret: null });
    expect(load(one({}), { EMITTER_SIGNING_SECRET: 's' })[0]).toMatchObject({ signingSecret: 's' });
  });

  it.each<[unknown, number]>([
    [10, 10_000],
    ['10ms', 10],
    ['500ms', 500],
    ['90s', 90_000],
    ['2h', 7_200_000],
    ['24d', 2_073_600_000],
  ])('takes every %j', (every, periodMs) => {
    expect(load(one({ every }))[0]).toMatchObject({
      schedule: { kind: 'every', periodMs },
      firstAtOnce: true,
    });
  });

  it('stands beside the two contracts, whose names are taken where they run', () => {
    const datetime = { API_URL: 'http://api.test', ENVIRONMENT: 'prod' };
    expect(load(one({}), datetime).map(({ name }) => name)).toEqual(['datetime', 'a']);
    expect(load(one({ name: 'datetime' }))).toHaveLength(1);
    expect(mistakes(one({ name: 'datetime' }), datetime)).toEqual([
      'EMITTERS_FILE has a second emitter datetime: give it another name',
    ]);
    const twice = JSON.parse(one({})) as { emitters: unknown[] };
    expect(mistakes(JSON.stringify({ emitters: [...twice.emitters, ...twice.emitters] }))).toEqual([
      'EMITTERS_FILE has a second emitter a: give it another name',
    ]);
  });

  it('takes payload files of 64 MiB together, one of them for many emitters', () => {
    for (let i = 0; i < 9; i += 1)
      writeFileSync(join(folder.path, `${i}.json`), `[{"x":"${'x'.repeat(8 * 1024 * 1024 - 10)}"}]`);
    const files = (numbers: number[]) => {
      const [emitter] = (JSON.parse(one({})) as { emitters: object[] }).emitters;
      const emitters = numbers.map((n, i) => ({ ...emitter, name: `e${i}`, payload: { file: `${n}.json` } }));
      return JSON.stringify({ emitters });
    };
    expect(mistakes(files([0, 1, 2, 3, 4, 5, 6, 7, 0, 7]))).toEqual([]);
    expect(mistakes(files([0, 1, 2, 3, 4, 5, 6, 7, 0, 8]))).toEqual([
      'EMITTERS_FILE emitters[9].payload.file: Payload file makes all payload files together larger than 64 MiB: 8.json',
    ]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no schedule', { every: undefined }, 'emitters[0] must have either every or cron'],
    ['two schedules', { cron: '* * * * *' }, 'emitters[0] must have either every or cron'],
    ['no period', { every: '1.5s' }, 'emitters[0].every must be a whole number of seconds'],
    ['a period of 0', { every: 0 }, 'emitters[0].every must be a whole number of seconds'],
    ['a short period', { every: '9ms' }, 'emitters[0].every must be'],
    ['a long period', { every: '25d' }, 'emitters[0].every must be'],
    ['a zone without cron', { timezone: 'UTC' }, 'emitters[0].timezone has a meaning with cron only'],
    ['no name', { name: undefined }, 'emitters[0].name is missing'],
    ['a bad name', { name: 'A b' }, 'emitters[0].name must be 1 to 63 of'],
    [
      'a member too many',
      { everry: 1 },
      'emitters[0] has unknown members everry: use some of name, every, cron',
    ],
    [
      'a number as text',
      { timeout_ms: '5' },
      'emitters[0].timeout_ms must be a whole number from 100 to 600000',
    ],
    ['a word', { missed: 'none' }, 'emitters[0].missed must be one of skip, latest, all'],
    ['no target', { target: undefined }, 'emitters[0].target is missing'],
    ['an empty target', { target: {} }, 'emitters[0].target must have one of http, topic, exchange'],
    [
      'two targets',
      { target: { topic: { name: 't' }, exchange: { routing_key: 'a' } } },
      'emitters[0].target must have one of http, topic, exchange',
    ],
    ['text as target', { target: 'http://x' }, 'emitters[0].target must be a map of members'],
    ['a topic', { target: { topic: { name: 'a b' } } }, 'emitters[0].target.topic.name must be 1 to 249'],
    [
      'a routing key',
      { target: { exchange: { routing_key: 'é'.repeat(128) } } },
      'emitters[0].target.exchange.routing_key must be at most 255 bytes',
    ],
    ['no payload', { payload: {} }, 'emitters[0].payload must have either file or template'],
    [
      'an order',
      { payload: { template: 1, order: 'random' } },
      'emitters[0].payload.order has a meaning with file only',
    ],
    [
      'a placeholder',
      { payload: { template: ['{{when}}'] } },
      'emitters[0].payload.template has an unknown placeholder {{when}}: use {{planned}}',
    ],
    [
      'a missing file',
      { payload: { file: 'no.json' } },
      'emitters[0].payload.file: Payload file not found: no.json',
    ],
    ['a cap', { retry: { base_ms: 9, cap_ms: 8 } }, 'emitters[0].retry.cap_ms must be at least base_ms, 9'],
    [
      'a secret for a topic',
      { target: { topic: { name: 't' } }, signing_secret: 'x' },
      'emitters[0].signing_secret has a meaning with an http target only',
    ],
  ])('refuses %s, by its place', (_, change, message) => {
    const told = mistakes(one(change));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`EMITTERS_FILE ${message}`);
  });

  it.each([
    [{ every: undefined, cron: '0 0 30 2 *' }, 'emitters[0].cron: The cron line'],
    [{ every: undefined, cron: '99 * * * *' }, 'emitters[0].cron: '],
    [{ every: undefined, cron: '*/10 2 * 3 SUN#L' }, 'emitters[0].cron: The cron line'],
    [
      { every: undefined, cron: '0 0 * * *', timezone: 'Mars/Phobos' },
      'emitters[0].cron: There is no time zone',
    ],
  ])('refuses the schedule of %j', (change, message) => {
    expect(mistakes(one(change))[0]).toContain(`EMITTERS_FILE ${message}`);
  });
});
