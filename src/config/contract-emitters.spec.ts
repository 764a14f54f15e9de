import { describe, expect, it } from '@jest/globals';
import { ConfigError } from './config-error.js';
import { loadConfig } from './load-config.js';

const parts = { emitter: { needs: () => [] } };
const load = (env: Record<string, string>) =>
  loadConfig({ TZ: 'Europe/Vienna', ...env }, { parts, drivers: [] });

function mistakes(env: Record<string, string>): readonly string[] {
  try {
    load(env);
  } catch (error) {
    return (error as ConfigError).mistakes;
  }
  return [];
}

const datetime = { API_URL: 'http://u:secret@api.test/base/', ENVIRONMENT: 'Test' };

describe('the datetime message', () => {
  it('has an emitter without a schedule, as its contract says', () => {
    const [emitter] = load({ ...datetime, EMITTER_TIMEOUT_MS: '100', EMITTER_ATTEMPTS: '9' }).emitter
      .emitters;
    expect(emitter).toMatchObject({
      name: 'datetime',
      schedule: { kind: 'never' },
      firstAtOnce: false,
      target: { url: new URL('http://u:secret@api.test/base/api/messages'), method: 'POST' },
      payload: { kind: 'datetime', environment: 'test' },
      timeoutMs: 30_000,
      retry: { attempts: 3, delay: 'fixed', baseMs: 30_000, capMs: 30_000, retryAfterCapMs: 60_000 },
      expects201: true,
    });
    expect(emitter?.retry.maxElapsedMs).toBe(3 * 30_000 + 2 * 60_000 + 1000);
  });

  it.each([
    ['http://api.test', 'http://api.test/api/messages'],
    ['http://api.test/', 'http://api.test/api/messages'],
    ['https://api.test:8443/a/b//', 'https://api.test:8443/a/b/api/messages'],
  ])('posts for %s to %s', (url, target) => {
    const [emitter] = load({ ...datetime, API_URL: url }).emitter.emitters;
    expect(emitter?.target).toMatchObject({ url: new URL(target) });
  });

  it('takes a cron line in the zone of TZ, its own attempts and delay', () => {
    const env = { ...datetime, DATETIME_CRON: '*/5 * * * *', MAX_RETRIES: '1', RETRY_DELAY: '0' };
    expect(load(env).emitter.emitters[0]).toMatchObject({
      schedule: { kind: 'cron', line: '*/5 * * * *', zone: 'Europe/Vienna' },
      retry: { attempts: 1, baseMs: 0, maxElapsedMs: 31_000 },
    });
    expect(load({ ...env, TZ: ':UTC' }).emitter.emitters[0]?.schedule).toMatchObject({ zone: 'UTC' });
  });

  it.each<[Record<string, string>, string]>([
    [{ API_URL: 'http://a' }, 'Missing required environment variable: ENVIRONMENT'],
    [{ API_URL: 'http://a', ENVIRONMENT: 'staging' }, 'ENVIRONMENT must be one of prod, test'],
    [{ ...datetime, MAX_RETRIES: '0' }, 'MAX_RETRIES must be a whole number from 1 to 100'],
    [
      { ...datetime, DATETIME_CRON: '0 0 30 2 *' },
      'DATETIME_CRON: The cron line "0 0 30 2 *" names a date that',
    ],
    [{ ...datetime, DATETIME_CRON: 'soon' }, 'DATETIME_CRON: '],
  ])('refuses %j', (env, message) => {
    const told = mistakes(env);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(message);
  });
});
