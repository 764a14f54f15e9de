import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startRedisSentinels,
  type RedisSentinels,
} from '../../support/servers/index.js';
import { closeLinks, openLink, ping } from './open-link.js';

const PASSWORDS = { password: 'of servers', sentinelPassword: 'of sentinels' };

describeWithServers(['redis-sentinel'], 'Redis behind Sentinels', () => {
  let redis: RedisSentinels;
  const there = (): Record<string, string> => ({
    REDIS_SENTINELS: `127.0.0.1:1, ${redis.sentinels.join(',')}`,
    REDIS_SENTINEL_NAME: redis.name,
    REDIS_SENTINEL_PASSWORD: PASSWORDS.sentinelPassword,
    REDIS_PASSWORD: PASSWORDS.password,
    REDIS_COMMAND_TIMEOUT_MS: '1000',
  });

  beforeAll(async () => {
    redis = await startRedisSentinels(PASSWORDS);
  }, SERVER_START_MS);
  afterEach(closeLinks);
  afterAll(() => redis?.release());

  it.each([
    ['an unknown name', { REDIS_SENTINEL_NAME: 'nobody' }, 'REDIS_SENTINEL_NAME'],
    ['a wrong password of the Sentinels', { REDIS_SENTINEL_PASSWORD: 'no' }, 'REDIS_SENTINEL_PASSWORD'],
    ['a wrong password of the servers', { REDIS_PASSWORD: 'no' }, 'REDIS_PASSWORD'],
    ['Sentinels that are not there', { REDIS_SENTINELS: '127.0.0.1:1,127.0.0.1:2' }, 'REDIS_SENTINELS'],
  ])('says what to look at after %s', async (_what, variables, advice) => {
    const { link, errors } = await openLink({ ...there(), ...variables });
    await expect(ping(link)).rejects.toMatchObject({ code: 'LEASE_UNAVAILABLE' });
    await eventually(() => expect(errors).toEqual([expect.stringContaining(advice)]));
  });

  it('follows the primary over a failover, with commands and subscriptions', async () => {
    const { link } = await openLink(there());
    const told: string[] = [];
    link.subscriber.subscribe('x', {
      onMessage: (payload) => void told.push(payload),
      onGap: () => void told.push('gap'),
    });
    await eventually(() => expect(told).toEqual(['gap']));
    const before = link.redis.stream.remotePort;
    expect(before).toBe(await redis.primaryPort());
    await redis.failover();
    const primary = await redis.primaryPort();
    // Without the Sentinels' word both would stay with the old primary for some 10 s more.
    await eventually(async () => {
      expect(link.redis.stream.remotePort).toBe(primary);
      await link.run('LEASE_UNAVAILABLE', (client) => client.set('written', 'yes'));
    }, 6000);
    await eventually(async () => {
      await link.redis.publish('x', 'after');
      expect(told).toContain('after');
    }, 6000);
    expect(told.filter((text) => text === 'gap').length).toBeGreaterThan(1);
  }, 60_000);

  it('follows it when the primary is killed', async () => {
    const { link } = await openLink(there());
    const port = await redis.primaryPort();
    const primary = redis.servers.find((server) => server.port === port)!;
    await primary.kill();
    await expect(
      eventually(() => link.run('LEASE_UNAVAILABLE', (client) => client.set('after', 'kill')), 30_000),
    ).resolves.toBe('OK');
    expect(await redis.primaryPort()).not.toBe(port);
  }, 60_000);
});
