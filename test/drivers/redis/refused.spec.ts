import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateRedis,
  startRedisSentinels,
  type RedisServer,
} from '../../support/servers/index.js';
import { startFakeRedis, type FakeRedis } from './fake-redis.js';
import { closeLinks, openLink, ping } from './open-link.js';

const at = ({ port }: { port: number }): Record<string, string> => ({
  REDIS_HOST: '127.0.0.1',
  REDIS_PORT: String(port),
});

describe('Redis of another version', () => {
  let fake: FakeRedis | undefined;
  afterEach(async () => {
    await closeLinks();
    fake?.stop();
  });

  it.each(['2.8.24', '5.0.14', '6.0.16'])('%s is refused at start with a sentence', async (version) => {
    fake = await startFakeRedis({ redis_version: version, cluster_enabled: '0', role: 'master' });
    await expect(openLink(at(fake))).rejects.toMatchObject({
      name: 'ConfigError',
      mistakes: [
        `Redis at 127.0.0.1:${fake.port} is of version ${version}, which is too old. Use Redis 6.2 or newer, or Valkey.`,
      ],
    });
  });

  it.each(['6.2.0', '7.4.1', '10.0.0'])('%s is taken', async (version) => {
    fake = await startFakeRedis({ redis_version: version, role: 'master' });
    const { link } = await openLink(at(fake));
    expect(link.trouble).toBeNull();
    const refused = link.run('TASK_QUEUE_UNAVAILABLE', (redis) => redis.set('key', 'payload'));
    const error = (await refused.catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({
      code: 'TASK_QUEUE_UNAVAILABLE',
      message: expect.stringContaining('unknown command'),
    });
    // What Redis repeats of the command goes nowhere, nor what ioredis hangs on its errors.
    expect(error.message + JSON.stringify(error.cause) + String((error.cause as Error).stack)).not.toContain(
      'payload',
    );
  });
});

describeWithServers(['redis-private'], 'Redis in another mode', () => {
  let redis: RedisServer | undefined;
  afterEach(async () => {
    await closeLinks();
    await redis?.release();
  });

  it('as a cluster is refused at start with a sentence', async () => {
    redis = await startPrivateRedis({ config: { 'cluster-enabled': 'yes' } });
    await expect(openLink(at(redis))).rejects.toMatchObject({
      name: 'ConfigError',
      mistakes: [
        expect.stringMatching(/is a Redis Cluster\. The lease and the queue would lie in different slots/),
      ],
    });
  });

  it('as a cluster where a single server was fails everything, and is looked at again', async () => {
    redis = await startPrivateRedis();
    const { link, errors, counted } = await openLink(at(redis));
    await ping(link);
    await redis.stop();
    const cluster = await startFakeRedis({ redis_version: '7.0.0', cluster_enabled: '1' }, redis.port);
    await eventually(() => expect(link.trouble?.kind).toBe('cluster'));
    await expect(ping(link)).rejects.toMatchObject({
      message: expect.stringContaining('is a Redis Cluster'),
    });
    // The connection is never ready, so raw commands have no way either.
    await expect(link.redis.set('a', 'b')).rejects.toThrow();
    expect(errors.at(-1)).toContain('different slots');
    await eventually(async () => expect(await counted('cluster')).toBeGreaterThan(2));
    cluster.stop();
    await redis.start();
    await eventually(async () => expect(await ping(link)).toBe('PONG'));
  });

  it('as a replica takes nothing until it is promoted', async () => {
    const primary = (redis = await startPrivateRedis());
    const replica = await startPrivateRedis({ config: { replicaof: `127.0.0.1 ${primary.port}` } });
    try {
      const { link, errors } = await openLink(at(replica));
      await expect(ping(link)).rejects.toMatchObject({
        code: 'LEASE_UNAVAILABLE',
        retryable: true,
        message: expect.stringContaining('is a replica'),
      });
      expect(errors).toEqual([expect.stringContaining('REDIS_SENTINELS')]);
      await replica.cli(['replicaof', 'no', 'one']);
      await eventually(async () => expect(await ping(link)).toBe('PONG'));
      // And demoted under an open connection:
      await eventually(async () => {
        await replica.cli(['replicaof', '127.0.0.1', String(primary.port)]);
        await expect(link.run('LEASE_UNAVAILABLE', (client) => client.set('a', 'b'))).rejects.toMatchObject({
          message: expect.stringContaining('is a replica'),
        });
      });
      await eventually(() => expect(link.trouble?.kind).toBe('readonly'));
    } finally {
      await replica.release();
    }
  });

  it('that throws keys away is used, with a warning', async () => {
    redis = await startPrivateRedis({ config: { maxmemory: '50mb', 'maxmemory-policy': 'allkeys-lru' } });
    const { link, warnings } = await openLink(at(redis));
    expect(await ping(link)).toBe('PONG');
    await redis.cli(['client', 'kill', 'type', 'normal', 'skipme', 'yes']);
    await eventually(async () => expect(await ping(link)).toBe('PONG'));
    expect(warnings).toEqual([expect.stringMatching(/maxmemory-policy allkeys-lru.*noeviction/)]);
  });

  it('without the database that is named is not used at all', async () => {
    redis = await startPrivateRedis({ config: { databases: '4' } });
    const { link, errors, counted } = await openLink({ ...at(redis), REDIS_DB: '4' });
    // ioredis would go on, in database 0.
    await eventually(async () => expect(await counted('database')).toBeGreaterThan(2));
    await expect(ping(link)).rejects.toMatchObject({
      message: expect.stringContaining('no database of that number'),
    });
    expect(errors).toEqual([expect.stringContaining('REDIS_DB')]);
    const good = await openLink({ ...at(redis), REDIS_DB: '3' });
    await good.link.redis.set('where', '3');
    expect(await redis.cli(['-n', '3', 'get', 'where'])).toBe('3\n');
  });
});

describeWithServers(['redis-sentinel'], 'A Sentinel in place of a server', () => {
  it(
    'is refused at start with a sentence',
    async () => {
      const set = await startRedisSentinels();
      try {
        const [host = '', port = ''] = set.sentinels[0]!.split(':');
        await expect(openLink({ REDIS_HOST: host, REDIS_PORT: port })).rejects.toMatchObject({
          mistakes: [
            expect.stringContaining('is a Sentinel, not a server. Write its address in REDIS_SENTINELS.'),
          ],
        });
      } finally {
        await set.release();
      }
    },
    SERVER_START_MS,
  );
});
