import { AppError } from '../../../src/core/errors.js';
import { driverContext } from '../../support/driver-context.js';
import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateRedis,
  type RedisServer,
} from '../../support/servers/index.js';
import { closeLinks, openLink, ping } from './open-link.js';

describeWithServers(['redis-private'], 'A link to Redis', () => {
  let redis: RedisServer;
  const there = (): Record<string, string> => ({ REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) });
  const names = async (): Promise<string[]> =>
    [...(await redis.cli(['client', 'list'])).matchAll(/ name=(carillon\S*)/g)].map(([, name = '']) => name);

  beforeAll(async () => {
    redis = await startPrivateRedis();
  }, SERVER_START_MS);
  afterEach(async () => {
    await closeLinks();
    await eventually(async () => expect(await names()).toEqual([]));
  });
  afterAll(() => redis?.release());

  it('is one connection for all ports of a process: the first opens it, the last closes it', async () => {
    const context = await driverContext();
    const links = await Promise.all([1, 2, 3].map(() => openLink(there(), context)));
    const [first, ...others] = links.map(({ link }) => link);
    for (const other of others) expect(other).toBe(first);
    const { link: elsewhere } = await openLink({ ...there(), REDIS_DB: '1' }, context);
    expect(elsewhere).not.toBe(first);
    expect(await names()).toEqual([1, 2].map(() => expect.stringMatching(`^carillon:.*:${process.pid}$`)));
    const more = await openLink(there(), context);
    await first!.release(500);
    expect(await ping(first!)).toBe('PONG');
    expect(more.link).toBe(first);
  });

  it('is opened anew after it was closed, and knows nothing of the one before', async () => {
    const context = await driverContext();
    const { link } = await openLink(there(), context);
    await closeLinks();
    await expect(ping(link)).rejects.toMatchObject({ code: 'LEASE_UNAVAILABLE' });
    const { link: again } = await openLink(there(), context);
    expect(await ping(again)).toBe('PONG');
    expect(await context.metrics.metrics()).toContain('carillon_redis_connected{connection="commands"} 1');
  });

  it('answers what is in flight before it closes', async () => {
    const { link } = await openLink(there());
    const last = Array.from({ length: 100 }, (_, i) => link.redis.incr(`count-${process.pid}`).then(() => i));
    await new Promise(setImmediate); // commands of one turn are sent together, at its end
    await closeLinks();
    expect(await Promise.all(last)).toHaveLength(100);
  });

  it('says STORAGE_FULL at maxmemory, counts it, tells it once, and reads on', async () => {
    const { link, errors, counted } = await openLink(there());
    const write = (): Promise<unknown> =>
      link.run('TASK_QUEUE_UNAVAILABLE', (client) => client.set('key', 'value'));
    await write();
    await redis.cli(['config', 'set', 'maxmemory', '1mb']);
    const full = { code: 'STORAGE_FULL', retryable: true, message: expect.stringContaining('maxmemory') };
    await expect(write()).rejects.toMatchObject(full);
    await expect(write()).rejects.toMatchObject(full);
    const script = `return redis.call('set', 'a', 'b')`;
    await expect(link.run('LEASE_UNAVAILABLE', (client) => client.eval(script, 0))).rejects.toMatchObject(
      full,
    );
    expect(await counted('full')).toBe(3);
    expect(errors).toEqual([expect.stringMatching(/refuses commands: it is full.*Raise maxmemory/)]);
    expect(await link.run('LEASE_UNAVAILABLE', (client) => client.get('key'))).toBe('value');
    expect(link.trouble).toBeNull();
    await redis.cli(['config', 'set', 'maxmemory', '0']);
    await write();
  });

  it('keeps errors that are not Redis’s as they are', async () => {
    const { link } = await openLink(there());
    const own = [new AppError('TASK_STATE', 'mine'), new TypeError('a mistake'), new RangeError('else')];
    for (const error of own) {
      const run = link.run('LEASE_UNAVAILABLE', () => Promise.reject(error));
      await expect(run).rejects.toBe(error);
    }
  });

  it('translates what Redis refuses, and counts each kind', async () => {
    const { link, counted } = await openLink(there());
    await link.redis.hset('hash', 'a', 'b');
    const wrong = link.run('TASK_QUEUE_UNAVAILABLE', (client) => client.get('hash'));
    await expect(wrong).rejects.toMatchObject({
      code: 'TASK_QUEUE_UNAVAILABLE',
      cause: { name: 'ReplyError' },
    });
    const gone = link.run('TASK_QUEUE_UNAVAILABLE', (client) => client.evalsha('0'.repeat(40), 0));
    await expect(gone).rejects.toMatchObject({ cause: { message: expect.stringMatching(/^NOSCRIPT/) } });
    expect([await counted('type'), await counted('script')]).toEqual([1, 1]);
  });
});
