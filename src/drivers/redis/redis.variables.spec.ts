import { describe, expect, it } from '@jest/globals';
import { readVariables } from '../../config/read-variables.js';
import { connectionSettings } from './connection-settings.js';
import { redisVariables } from './redis.variables.js';

const SECRET = 'wrong-but-still-a-secret';

function mistakes(env: Record<string, string>): string[] {
  const told: string[] = [];
  readVariables(redisVariables, env, told);
  return told;
}

/** What ioredis is given, of this only. */
async function client(env: Record<string, string>, ...names: string[]): Promise<Record<string, unknown>> {
  const { client: options } = await connectionSettings(redisVariables.parse(env));
  return Object.fromEntries(names.map((name) => [name, (options as Record<string, unknown>)[name]]));
}

describe('The variables of Redis', () => {
  it('as old environments have them, are enough', async () => {
    const old = { REDIS_HOST: 'r', REDIS_PORT: '6380', REDIS_PASSWORD: 'p', REDIS_DB: '2' };
    const expected = { host: 'r', port: 6380, password: 'p', username: undefined, db: 2, tls: undefined };
    expect(await client(old, ...Object.keys(expected))).toEqual(expected);
    expect(await client({ REDIS_HOST: 'r' }, 'port', 'db')).toEqual({ port: 6379, db: 0 });
  });

  it('take no notice of what Kubernetes sets', async () => {
    const kubernetes = {
      REDIS_HOST: 'redis',
      REDIS_PORT: 'tcp://10.0.0.1:6379',
      REDIS_PORT_6379_TCP_PORT: '1',
    };
    expect(await client(kubernetes, 'host', 'port')).toEqual({ host: 'redis', port: 6379 });
    expect(mistakes({ REDIS_URL: 'redis://r:1', REDIS_PORT: 'tcp://10.0.0.1:6379' })).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['redis://r', { host: 'r', port: 6379, username: undefined, password: undefined, db: 0, tls: undefined }],
    ['redis://r:1/7', { host: 'r', port: 1, db: 7 }],
    ['redis://u%40:p%2F%23%3A@r/', { username: 'u@', password: 'p/#:', db: 0 }],
    ['redis://:p@[::1]:2', { host: '::1', port: 2, username: undefined, password: 'p' }],
    ['REDISS://r', { host: 'r', port: 6379, tls: { rejectUnauthorized: true } }],
  ])('read %s', async (url, expected) => {
    expect(await client({ REDIS_URL: url }, ...Object.keys(expected))).toEqual(expected);
  });

  it('win over the parts of a URL', async () => {
    const env = { REDIS_URL: 'redis://u:p@r/1', REDIS_USERNAME: 'v', REDIS_PASSWORD: 'q', REDIS_DB: '2' };
    const expected = { username: 'v', password: 'q', db: 2 };
    expect(await client(env, ...Object.keys(expected))).toEqual(expected);
  });

  it('name Sentinels', async () => {
    const env = { REDIS_SENTINELS: ' a:1, b ,[::1]:3', REDIS_SENTINEL_NAME: 'm', REDIS_SSL: 'true' };
    const sentinels = [
      { host: 'a', port: 1 },
      { host: 'b', port: 26_379 },
      { host: '::1', port: 3 },
    ];
    const tls = { rejectUnauthorized: true };
    const expected = {
      sentinels,
      name: 'm',
      tls,
      sentinelTLS: tls,
      enableTLSForSentinelMode: true,
      host: undefined,
    };
    expect(await client(env, ...Object.keys(expected))).toEqual(expected);
    expect(await client({ REDIS_SENTINELS: 'a' }, 'name')).toEqual({ name: 'mymaster' });
  });

  it.each<[Record<string, string>, string[]]>([
    [{ REDIS_URL: `${SECRET}` }, ['REDIS_URL must begin with']],
    [{ REDIS_URL: `http://u:${SECRET}@r` }, ['REDIS_URL must begin with']],
    [{ REDIS_URL: `redis://u:${SECRET}/x@r` }, ['REDIS_URL must be a URL']],
    [{ REDIS_URL: `redis://u:1/${SECRET}@r` }, ['REDIS_URL must have no @ after the host']],
    [{ REDIS_URL: `redis://u:${SECRET}@` }, ['REDIS_URL must']],
    [{ REDIS_URL: `redis://r/${SECRET}` }, ['REDIS_URL must have the number of a database']],
    [{ REDIS_URL: `redis://r/0?password=${SECRET}` }, ['REDIS_URL must have no ?options']],
    [{ REDIS_URL: `redis://r#${SECRET}` }, ['REDIS_URL must have no #']],
    [{ REDIS_URL: `redis://u:%${SECRET}@r` }, ['REDIS_URL must be percent-encoded']],
    [{ REDIS_URL: `redis://${SECRET}%40r` }, ['REDIS_URL must name a host']],
    [{ REDIS_HOST: `redis://:${SECRET}@127.0.0.1:7391` }, ['REDIS_HOST must be a host name or IP address;']],
    [{ REDIS_HOST: `u:${SECRET}@r` }, ['REDIS_HOST must be a host name']],
    [{ REDIS_HOST: `${SECRET}@r` }, ['REDIS_HOST must be a host name']],
    [{ REDIS_HOST: `${SECRET} r` }, ['REDIS_HOST must be a host name']],
    [{ REDIS_HOST: `r/${SECRET}` }, ['REDIS_HOST must be a host name']],
    [{ REDIS_HOST: 'r:6379' }, ['REDIS_HOST must be a host name']],
    [{ REDIS_HOST: 'r'.repeat(254) }, ['REDIS_HOST must be a host name']],
    [{ REDIS_HOST: 'redis-0.redis_headless.ns.svc.' }, []],
    [{ REDIS_HOST: ' ::1 ' }, []],
    [{ REDIS_HOST: '10.0.0.1' }, []],
    [{ REDIS_HOST: 'r', REDIS_URL: 'redis://r' }, ['REDIS_HOST must be dropped where REDIS_URL']],
    [{ REDIS_HOST: 'embedded', REDIS_URL: 'redis://r' }, ['REDIS_HOST must be dropped']],
    [{ REDIS_HOST: 'r', REDIS_SENTINELS: 's' }, ['REDIS_HOST must be dropped where REDIS_SENTINELS']],
    [{ REDIS_URL: 'redis://r', REDIS_SENTINELS: 's' }, ['REDIS_URL must be dropped']],
    [{ REDIS_URL: 'redis://r', REDIS_PORT: '1' }, ['REDIS_PORT must be dropped where REDIS_URL']],
    [{ REDIS_SENTINELS: 's', REDIS_PORT: '1' }, ['REDIS_PORT must be dropped where REDIS_SENTINELS']],
    [{ REDIS_SENTINELS: 's:99999' }, ['REDIS_SENTINELS must be host:port']],
    [{ REDIS_SENTINELS: `redis://u:${SECRET}@s` }, ['REDIS_SENTINELS must be host:port']],
    [{ REDIS_SENTINELS: `a:1,u?${SECRET}=1` }, ['REDIS_SENTINELS must be host:port']],
    [{ REDIS_SENTINELS: `a:1,b ${SECRET}:1` }, ['REDIS_SENTINELS must be host:port']],
    [{ REDIS_SENTINELS: `${'s'.repeat(254)}:1` }, ['REDIS_SENTINELS must be host:port']],
    [{ REDIS_SENTINELS: ',' }, ['REDIS_SENTINELS must be host:port']],
    [{ REDIS_HOST: 'r', REDIS_USERNAME: 'u' }, ['REDIS_PASSWORD must be set']],
    [{ REDIS_URL: 'redis://u@r' }, ['REDIS_PASSWORD must be set']],
    [
      { REDIS_HOST: 'r', REDIS_DB: '-1', REDIS_PORT: 'x' },
      ['REDIS_PORT must be a whole', 'REDIS_DB must be a whole'],
    ],
    [{ REDIS_HOST: 'r', REDIS_SSL_CA_FILE: 'x' }, ['REDIS_SSL must be true']],
    [{ REDIS_URL: 'redis://r', REDIS_SSL_CA_FILE: 'x' }, ['REDIS_URL must be rediss://']],
    [{ REDIS_URL: 'rediss://r', REDIS_SSL_CA_FILE: 'x' }, []],
    [{ REDIS_URL: 'rediss://r', REDIS_SSL_KEY_FILE: 'x' }, ['REDIS_SSL_CERT_FILE must be set']],
    [{ REDIS_URL: 'rediss://r', REDIS_SSL_CERT_FILE: 'x' }, ['REDIS_SSL_KEY_FILE must be set']],
  ])('refuse %j by name, and never by value', (env, rules) => {
    const told = mistakes(env);
    expect(told).toEqual(rules.map((rule) => expect.stringMatching(`^${rule.replace('?', '\\?')}`)));
    expect(told.join()).not.toContain(SECRET);
  });

  it('name a file that cannot be read', async () => {
    const env = { REDIS_URL: 'rediss://r', REDIS_SSL_CA_FILE: '/nowhere/ca.pem' };
    await expect(connectionSettings(redisVariables.parse(env))).rejects.toMatchObject({
      mistakes: ['REDIS_SSL_CA_FILE must name a file that can be read (ENOENT)'],
    });
  });
});
