import { readFile } from 'node:fs/promises';
import check from '../../src/checks/redis.check.js';
import { openTargetNet } from '../../src/checks/targets/open-target-net.js';
import { closedPort, expectLetsGo, lookOnce } from '../support/look-once.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateRedis,
  type RedisServer,
} from '../support/servers/index.js';

function at(databaseConnectionString: string, more: object = {}): Record<string, unknown> {
  return { databaseConnectionString, ...more };
}

describeWithServers(['redis-private'], 'the check redis', () => {
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await startPrivateRedis({ password: 'pa@ss/word', tls: true });
  }, SERVER_START_MS);

  afterAll(() => redis.release());

  it('is up when it logs in and PING is answered', async () => {
    const { host, port } = redis;
    const url = `redis://:${encodeURIComponent('pa@ss/word')}@${host}:${port}/3`;
    expect(await lookOnce(check, at(url))).toEqual({
      found: 'up',
      message: 'Redis answers PONG.',
      latencyMs: expect.any(Number),
    });
  });

  it('trusts the authority it is given, no other, or any', async () => {
    const tlsUrl = redis.tlsUrl!;
    const caCert = await readFile(redis.caFile!, 'utf8');
    expect(await lookOnce(check, at(tlsUrl, { caCert }))).toMatchObject({ found: 'up' });
    expect(await lookOnce(check, at(tlsUrl, { ignoreTls: true }))).toMatchObject({ found: 'up' });
    const untrusted = await lookOnce(check, at(tlsUrl));
    expect(untrusted).toMatchObject({ found: 'down', message: expect.stringContaining('certificate') });
  });

  it('is down with a wrong password, which it does not tell', async () => {
    const outcome = await lookOnce(check, at(`redis://:wrongpass@${redis.host}:${redis.port}`));
    expect(outcome).toMatchObject({ found: 'down', message: expect.stringMatching(/WRONGPASS|invalid/) });
    expect(outcome.message).not.toContain('wrongpass');
  });
});

describe('the check redis without a server', () => {
  it('is down where nobody listens', async () => {
    const port = await closedPort();
    expect(await lookOnce(check, at(`redis://127.0.0.1:${port}`))).toEqual({
      found: 'down',
      message: `127.0.0.1:${port} refuses the connection (ECONNREFUSED).`,
      latencyMs: null,
    });
  });

  it('asks nobody whom the policy forbids', async () => {
    const net = openTargetNet({ level: 'public', allow: [], deny: [] });
    const outcome = await lookOnce(check, at('redis://127.0.0.1:6379'), { net });
    expect(outcome).toMatchObject({ found: 'unknown', message: expect.stringContaining('CHECK_') });
  });

  it('lets go of a server that never answers', () =>
    expectLetsGo(check, (port) => at(`redis://:secret@127.0.0.1:${port}/1`)));
});
