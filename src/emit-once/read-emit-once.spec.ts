import { describe, expect, it } from '@jest/globals';
import { ConfigError } from '../config/config-error.js';
import { readEmitOnce } from './read-emit-once.js';

const least = { API_URL: 'http://api.example.org/base', ENVIRONMENT: 'PROD' };

function mistakesOf(env: Record<string, string>): readonly string[] {
  try {
    readEmitOnce(env);
    return [];
  } catch (error) {
    return (error as ConfigError).mistakes;
  }
}

describe('readEmitOnce', () => {
  it('has the contract’s defaults', () => {
    const { log, ...settings } = readEmitOnce(least);
    expect(settings).toMatchObject({
      environment: 'prod',
      course: { attempts: 3, delayMs: 30_000, retryAfterCapMs: 60_000, timeoutMs: 30_000 },
      planned: { plannedAt: undefined, jobName: undefined },
      signingSecret: null,
    });
    expect(settings.url.href).toBe('http://api.example.org/base/api/messages');
    expect(log).toEqual({ level: 'info', pretty: false });
  });

  it('reads all that it needs, the proxies in lower case too', () => {
    const settings = readEmitOnce({
      ...least,
      MAX_RETRIES: '1',
      RETRY_DELAY: '0',
      EMIT_PLANNED_AT: ' 1970-01-01T01:00:00+01:00 ',
      JOB_NAME: 'job-1',
      EMITTER_SIGNING_SECRET: 'whsec_AAAA',
      https_proxy: 'proxy:3128',
      LOG_LEVEL: 'warning',
    });
    expect(settings).toMatchObject({
      course: { attempts: 1, delayMs: 0 },
      planned: { plannedAt: 0, jobName: 'job-1' },
      signingSecret: 'whsec_AAAA',
      log: { level: 'warn' },
    });
    expect(settings.proxies.https?.host).toBe('proxy:3128');
  });

  it.each<[string, Record<string, string>, string]>([
    ['API_URL', { API_URL: 'localhost:3000' }, 'API_URL must be an http:// or https:// URL'],
    ['ENVIRONMENT', { ENVIRONMENT: 'dev' }, 'ENVIRONMENT must be one of prod, test'],
    ['EMIT_PLANNED_AT', { EMIT_PLANNED_AT: '1769860800' }, 'EMIT_PLANNED_AT must be a date and time'],
    ['EMITTER_SIGNING_SECRET', { EMITTER_SIGNING_SECRET: 'whsec_-' }, 'EMITTER_SIGNING_SECRET must be'],
    ['a blank API_URL', { API_URL: ' ' }, 'Missing required environment variable: API_URL'],
  ])('refuses %s', (_what, env, mistake) => {
    const mistakes = mistakesOf({ ...least, ...env });
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toContain(mistake);
  });

  it('lists all mistakes at once', () => {
    expect(mistakesOf({ MAX_RETRIES: '0', TZ: 'Nowhere' })).toHaveLength(4);
  });
});
