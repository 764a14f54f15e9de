import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { loadConfig } from './load-config.js';

const needs = () => [];
const parts = { emitter: { needs }, health: { needs } };
const load = (env: Record<string, string>, more = {}) =>
  loadConfig({ TZ: 'Europe/Vienna', ...env }, { parts: { ...parts, ...more }, drivers: [] });

function mistakes(env: Record<string, string>): readonly string[] {
  try {
    load(env);
  } catch (error) {
    return (error as ConfigError).mistakes;
  }
  return [];
}

let folder: string;
let propagator: Record<string, string>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-emitters-'));
  writeFileSync(join(folder, 'p.json'), '[{"a":1}]');
  propagator = {
    PERIOD_IN_SECONDS: '5',
    HTTP_POST_ENDPOINT: 'https://u:secret@target.test/event',
    PAYLOAD_FILE_PATH: join(folder, 'p.json'),
  };
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('without an emitter', () => {
  it('is idle, with defaults', () => {
    expect(load({ DATA_FOLDER: '/d' })).toMatchObject({
      warnings: [],
      emitter: {
        emitters: [],
        givenUpFolder: '/d/emitter-given-up',
        givenUpMost: 10_000,
        circuitFailures: 5,
        circuitOpenMs: 5000,
        leaderOnly: false,
      },
    });
  });

  it('looks at no variable of a part that does not run', () => {
    const wrong = { PERIOD_IN_SECONDS: 'x', API_URL: 'x', EMITTERS_FILE: '/none', EMITTER_ATTEMPTS: '0' };
    const config = load({ ...wrong, MODULES: 'health' });
    expect([config.emitter.emitters, config.warnings]).toEqual([[], []]);
    expect(mistakes(wrong).length).toBeGreaterThan(4);
  });

  it('warns of what has no effect, and does not judge it', () => {
    expect(
      load({ ENVIRONMENT: 'staging', MAX_RETRIES: 'many', EMITTER_ORDER: 'any', HEALTH_CHECK_ENDPOINT: 'x' })
        .warnings,
    ).toEqual([
      'HEALTH_CHECK_ENDPOINT has no effect without PERIOD_IN_SECONDS, HTTP_POST_ENDPOINT, PAYLOAD_FILE_PATH',
      'EMITTER_ORDER has no effect without PERIOD_IN_SECONDS, HTTP_POST_ENDPOINT, PAYLOAD_FILE_PATH',
      'ENVIRONMENT has no effect without API_URL',
      'MAX_RETRIES has no effect without API_URL',
    ]);
  });
});

describe('the propagator', () => {
  it('is started by its three variables', () => {
    expect(load(propagator).emitter.emitters).toEqual([
      {
        name: 'propagator',
        schedule: { kind: 'every', periodMs: 5000, onEpoch: false },
        firstAtOnce: true,
        target: {
          kind: 'http',
          url: new URL('https://u:secret@target.test/event'),
          method: 'POST',
          headers: {},
        },
        payload: { kind: 'file', path: join(folder, 'p.json'), order: 'random' },
        timeoutMs: 10_000,
        retry: {
          attempts: 5,
          delay: 'jitter',
          baseMs: 200,
          capMs: 5000,
          retryAfterCapMs: 60_000,
          maxElapsedMs: null,
        },
        policies: { missed: 'skip', windowMs: 3_600_000, overlap: 'allow', maxInFlight: 16 },
        preflight: null,
        paused: false,
        signingSecret: null,
        expects201: false,
      },
    ]);
  });

  it('takes the general variables', () => {
    const [emitter] = load({
      ...propagator,
      HEALTH_CHECK_ENDPOINT: 'http://target.test/health',
      EMITTER_ORDER: 'SHUFFLE',
      EMITTER_TIMEOUT_MS: '1000',
      EMITTER_MAX_ELAPSED_S: '9',
      EMITTER_MISSED: 'all',
      EMITTER_OVERLAP: 'queue',
      EMITTER_SIGNING_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    }).emitter.emitters;
    expect(emitter).toMatchObject({
      payload: { order: 'shuffle' },
      timeoutMs: 1000,
      retry: { maxElapsedMs: 9000 },
      policies: { missed: 'all', overlap: 'queue' },
      signingSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    });
    expect(emitter?.preflight?.href).toBe('http://target.test/health');
  });

  it('says which of the three is missing', () => {
    expect(mistakes({ PERIOD_IN_SECONDS: '1' })).toEqual([
      'Missing required environment variable: HTTP_POST_ENDPOINT',
      'Missing required environment variable: PAYLOAD_FILE_PATH',
    ]);
    expect(mistakes({ ...propagator, PERIOD_IN_SECONDS: ' ' })).toEqual([
      'Missing required environment variable: PERIOD_IN_SECONDS',
    ]);
  });

  it('tells mistakes of variables and of files at once', () => {
    const told = mistakes({
      PERIOD_IN_SECONDS: '0',
      PAYLOAD_FILE_PATH: '/none.json',
      API_URL: 'secret',
      DATETIME_CRON: 'soon',
      EMITTERS_FILE: '/none.yaml',
    });
    expect(told).toEqual([
      'Missing required environment variable: HTTP_POST_ENDPOINT',
      'Missing required environment variable: ENVIRONMENT',
      'PERIOD_IN_SECONDS must be a whole number from 1 to 2147483',
      'API_URL must be an http:// or https:// URL',
      'Payload file not found: /none.json',
      expect.stringContaining('DATETIME_CRON: '),
      'EMITTERS_FILE names a file that does not exist',
    ]);
  });

  it.each(['0', '-1', '1.5', '1e3', '2147484', '99999999999999999999', 'NaN', '0x10'])(
    'refuses the period %s',
    (value) => {
      expect(mistakes({ ...propagator, PERIOD_IN_SECONDS: value })).toEqual([
        'PERIOD_IN_SECONDS must be a whole number from 1 to 2147483',
      ]);
    },
  );

  it('takes the longest period', () => {
    const [emitter] = load({ ...propagator, PERIOD_IN_SECONDS: ' 2147483 ' }).emitter.emitters;
    expect(emitter?.schedule).toMatchObject({ periodMs: 2_147_483_000 });
  });

  it.each<[string | null, string]>([
    [null, 'Payload file not found: P'],
    ['[{]', 'Payload file contains invalid JSON: P'],
    ['{}', 'Payload file must be a JSON array'],
    ['[]', 'Payload file is empty'],
    ['[{},"x"]', 'Each payload must be a JSON object'],
  ])('refuses the payload file %j in the words of the contract', (text, message) => {
    const path = join(folder, text === null ? 'none.json' : 'bad.json');
    if (text !== null) writeFileSync(path, text);
    expect(mistakes({ ...propagator, PAYLOAD_FILE_PATH: path })).toEqual([
      message.replace(/: P$/, `: ${path}`),
    ]);
  });

  it.each<[Record<string, string>, string]>([
    [{ HTTP_POST_ENDPOINT: 'ftp://secret.test' }, 'HTTP_POST_ENDPOINT must be an http:// or https:// URL'],
    [{ HTTP_POST_ENDPOINT: 'secret' }, 'HTTP_POST_ENDPOINT must be an http:// or https:// URL'],
    [{ HEALTH_CHECK_ENDPOINT: 'secret' }, 'HEALTH_CHECK_ENDPOINT must be an http:// or https:// URL'],
    [{ EMITTER_ORDER: 'any' }, 'EMITTER_ORDER must be one of random, sequence, shuffle'],
    [{ EMITTER_SIGNING_SECRET: 'whsec_secret!' }, 'EMITTER_SIGNING_SECRET must be base64 after whsec_'],
    [{ EMITTER_BACKOFF_MS: '6000' }, 'EMITTER_BACKOFF_CAP_MS must be at least EMITTER_BACKOFF_MS'],
    [{ EMITTER_MAX_ELAPSED_S: '0' }, 'EMITTER_MAX_ELAPSED_S must be a whole number from 1 to 604800'],
  ])('refuses %j without its value', (env, message) => {
    const told = mistakes({ ...propagator, ...env });
    expect(told).toEqual([message]);
    expect(told.join()).not.toContain('secret.test');
  });
});

describe('EMITTER_LEADER_ONLY', () => {
  it('is refused without the part leader in the same process, in words', () => {
    const asked = 'EMITTER_LEADER_ONLY=true needs the part leader in the same process: add leader to MODULES';
    expect(mistakes({ EMITTER_LEADER_ONLY: 'true' })).toEqual([asked]);
    const env = { EMITTER_LEADER_ONLY: 'true', MODULES: 'emitter,health' };
    expect(() => load(env, { leader: { needs } })).toThrow(asked);
    expect(() => load({ ...env, MODULES: 'health' }, { leader: { needs } })).not.toThrow();
  });

  it('lays intervals on the epoch, and sends nothing at once', () => {
    const { emitter } = load({ ...propagator, EMITTER_LEADER_ONLY: 'yes' }, { leader: { needs } });
    expect(emitter.leaderOnly).toBe(true);
    expect(emitter.emitters[0]).toMatchObject({ schedule: { onEpoch: true }, firstAtOnce: false });
  });
});
