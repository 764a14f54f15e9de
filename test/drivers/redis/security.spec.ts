import { jest } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateRedis,
  type RedisServer,
} from '../../support/servers/index.js';
import { closeLinks, openLink, ping } from './open-link.js';

const NOBODYS = 'wrong-but-still-a-secret';
const PASSWORD = 'p/#?%:@,"\\ü x';
const USER = { name: 'us-er', password: 'a:b@c/d' };

/** What is printed past the log while it runs. */
async function printed(act: () => Promise<void>): Promise<unknown[]> {
  const spy = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  try {
    await act();
    return spy.mock.calls.flat();
  } finally {
    spy.mockRestore();
  }
}

describeWithServers(['redis-private'], 'Redis that wants nobody’s password', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startPrivateRedis();
  }, SERVER_START_MS);
  afterEach(closeLinks);
  afterAll(() => redis?.release());

  it('is used, and said so in one line of the log, however many connections there are', async () => {
    const url = `redis://:${NOBODYS}@${redis.host}:${redis.port}`;
    const lines = await printed(async () => {
      const { link, errors, warnings } = await openLink({ REDIS_URL: url });
      const gaps: string[] = [];
      link.subscriber.subscribe('c', { onMessage: () => undefined, onGap: (reason) => gaps.push(reason) });
      await eventually(() => expect(gaps).toHaveLength(1));
      await redis.cli(['client', 'kill', 'type', 'normal', 'skipme', 'yes']);
      await eventually(() => expect(link.trouble).not.toBeNull());
      await eventually(async () => expect(await ping(link)).toBe('PONG'));
      expect(warnings).toEqual([expect.stringMatching(/ takes anybody, /)]);
      expect(errors.filter((error) => !error.startsWith('No connection'))).toEqual([]);
      expect(JSON.stringify([warnings, errors])).not.toContain(NOBODYS);
    });
    expect(lines).toEqual([]);
  });

  it('is told of Sentinels likewise', async () => {
    const lines = await printed(async () => {
      const variables = {
        REDIS_SENTINELS: `${redis.host}:${redis.port}`,
        REDIS_SENTINEL_PASSWORD: NOBODYS,
      };
      const { warnings } = await openLink(variables);
      await eventually(() =>
        expect(warnings).toEqual([
          expect.stringMatching(/^A Sentinel takes anybody, .*_SENTINEL_PASSWORD\.$/),
        ]),
      );
    });
    expect(lines).toEqual([]);
  });
});

describeWithServers(['redis-private'], 'Redis that wants to know who comes', () => {
  let redis: RedisServer;
  const host = (): Record<string, string> => ({ REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) });

  beforeAll(async () => {
    redis = await startPrivateRedis({ tls: true, password: PASSWORD });
    const rights = ['~*', '&*', '+@all', '-info'];
    await redis.cli(['acl', 'setuser', USER.name, 'on', `>${USER.password}`, '~*', '&*', '+@all']);
    await redis.cli(['acl', 'setuser', 'blind', 'on', '>blind', ...rights]);
    await redis.cli(['acl', 'setuser', 'reader', 'on', '>reader', '~*', '+@read', '+@connection', '+info']);
  }, SERVER_START_MS);
  afterEach(closeLinks);
  afterAll(() => redis?.release());

  it.each<[string, () => Record<string, string>, string]>([
    ['a password of odd characters', () => ({ ...host(), REDIS_PASSWORD: PASSWORD }), 'default'],
    ['the same in a URL', () => ({ REDIS_URL: redis.url }), 'default'],
    ['a user', () => ({ ...host(), REDIS_USERNAME: USER.name, REDIS_PASSWORD: USER.password }), USER.name],
    [
      'a user in a URL',
      () => ({
        REDIS_URL: `redis://${USER.name}:${encodeURIComponent(USER.password)}@127.0.0.1:${redis.port}/7`,
      }),
      USER.name,
    ],
    [
      'variables that win over the URL',
      () => ({
        REDIS_URL: `redis://x:${NOBODYS}@127.0.0.1:${redis.port}`,
        REDIS_USERNAME: USER.name,
        REDIS_PASSWORD: USER.password,
      }),
      USER.name,
    ],
    ['TLS', () => ({ REDIS_URL: redis.tlsUrl!, REDIS_SSL_CA_FILE: redis.caFile! }), 'default'],
    [
      'TLS by variables, whatever the certificate',
      () => ({
        ...host(),
        REDIS_PORT: String(redis.port + 1),
        REDIS_PASSWORD: PASSWORD,
        REDIS_SSL: 'true',
        REDIS_SSL_REJECT_UNAUTHORIZED: 'false',
      }),
      'default',
    ],
  ])('lets %s in', async (_what, variables, user) => {
    const { link, errors } = await openLink(variables());
    expect(await link.run('LEASE_UNAVAILABLE', (client) => client.call('ACL', 'WHOAMI'))).toBe(user);
    expect(errors).toEqual([]);
  });

  it.each<[what: string, variables: () => Record<string, string>, words: string, advice: string]>([
    [
      'a wrong password',
      () => ({ ...host(), REDIS_PASSWORD: NOBODYS }),
      'refuses the login',
      'REDIS_PASSWORD',
    ],
    ['no password', host, 'wants a login', 'REDIS_PASSWORD'],
    [
      'an unknown user',
      () => ({ ...host(), REDIS_USERNAME: 'x', REDIS_PASSWORD: NOBODYS }),
      'refuses the login',
      'REDIS_USERNAME',
    ],
    [
      'a user who may not look',
      () => ({ ...host(), REDIS_USERNAME: 'blind', REDIS_PASSWORD: 'blind' }),
      'does not permit INFO',
      '+info',
    ],
    [
      'an unknown host',
      () => ({ REDIS_HOST: 'nowhere.invalid', REDIS_PASSWORD: NOBODYS }),
      'host name',
      'REDIS_HOST',
    ],
    ['an unknown authority', () => ({ REDIS_URL: redis.tlsUrl! }), 'certificate', 'REDIS_SSL_CA_FILE'],
    [
      'TLS to a plain port',
      () => ({ REDIS_URL: `rediss://:${NOBODYS}@127.0.0.1:${redis.port}`, REDIS_CONNECT_TIMEOUT_MS: '300' }),
      'does not answer',
      'redis://',
    ],
    [
      'plain text to a TLS port',
      () => ({ REDIS_URL: `redis://:${NOBODYS}@127.0.0.1:${redis.port + 1}` }),
      '',
      'REDIS',
    ],
  ])('says what to look at after %s, once, and never the secret', async (_what, variables, words, advice) => {
    const { link, errors } = await openLink(variables());
    const error = (await ping(link).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'LEASE_UNAVAILABLE', retryable: true });
    expect(error.message).toContain(words);
    expect(errors).toEqual([expect.stringContaining(words)]);
    expect(errors[0]).toContain(advice);
    const told = JSON.stringify([errors, error, error.cause]) + error.message;
    for (const secret of [NOBODYS, encodeURIComponent(PASSWORD)]) expect(told).not.toContain(secret);
  });

  it('prints nothing past the log where a user may not look', async () => {
    const lines = await printed(async () => {
      const { link } = await openLink({ ...host(), REDIS_USERNAME: 'blind', REDIS_PASSWORD: 'blind' });
      await eventually(() => expect(link.trouble?.kind).toBe('permission'));
    });
    expect(lines).toEqual([]);
  });

  it('recovers when a wrong password is mended, on either side', async () => {
    const { link, counted } = await openLink({ ...host(), REDIS_PASSWORD: 'tomorrow’s' });
    await eventually(async () => expect(await counted('auth')).toBeGreaterThan(1));
    await redis.cli(['config', 'set', 'requirepass', 'tomorrow’s']);
    await eventually(async () => expect(await ping(link)).toBe('PONG'));
    // Back again: who is logged in stays so, who comes again is refused until the password is right.
    await redis.cli(['--no-auth-warning', '-a', 'tomorrow’s', 'config', 'set', 'requirepass', PASSWORD]);
    await redis.cli(['client', 'kill', 'type', 'normal', 'skipme', 'yes']);
    await eventually(() => expect(link.trouble?.kind).toBe('auth'));
    await redis.cli(['config', 'set', 'requirepass', 'tomorrow’s']);
    await eventually(async () => expect(await ping(link)).toBe('PONG'));
    await redis.cli(['--no-auth-warning', '-a', 'tomorrow’s', 'config', 'set', 'requirepass', PASSWORD]);
  });

  it('counts and tells what a user may not do, and goes on', async () => {
    const { link, errors, counted } = await openLink({
      ...host(),
      REDIS_USERNAME: 'reader',
      REDIS_PASSWORD: 'reader',
    });
    for (let i = 0; i < 3; i += 1) {
      const refused = link.run('TASK_QUEUE_UNAVAILABLE', (client) => client.set('a', 'b'));
      await expect(refused).rejects.toMatchObject({
        code: 'TASK_QUEUE_UNAVAILABLE',
        message: expect.stringContaining('does not permit it (NOPERM'),
      });
    }
    expect(await counted('permission')).toBe(3);
    expect(errors).toEqual([expect.stringContaining('refuses commands: it does not permit it')]);
    expect(await link.run('TASK_QUEUE_UNAVAILABLE', (client) => client.get('a'))).toBeNull();
  });
});
