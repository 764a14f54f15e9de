import { createServer, type Server, type Socket } from 'node:net';
import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateRedis,
  type RedisServer,
} from '../../support/servers/index.js';
import { closeLinks, openLink, ping } from './open-link.js';

const away = { code: 'LEASE_UNAVAILABLE', retryable: true };

describeWithServers(['redis-private'], 'Redis that is away', () => {
  let redis: RedisServer;
  const there = (): Record<string, string> => ({ REDIS_HOST: redis.host, REDIS_PORT: String(redis.port) });

  beforeAll(async () => {
    redis = await startPrivateRedis();
  }, SERVER_START_MS);
  afterEach(closeLinks);
  afterAll(() => redis?.release());

  it('is waited for from the start on: commands fail at once, then all works', async () => {
    await redis.stop();
    const { link, errors, counted } = await openLink(there());
    const told: number[] = [];
    link.onReady(() => told.push(1));
    await expect(ping(link)).rejects.toMatchObject({
      ...away,
      message: `Redis at 127.0.0.1:${redis.port} refuses connections.`,
    });
    expect(link.trouble).toMatchObject({ kind: 'away', advice: expect.stringContaining('REDIS_HOST') });
    await eventually(async () => expect(await counted('away')).toBeGreaterThan(3));
    expect(errors).toEqual([
      expect.stringMatching(/No connection to Redis.*commands: it refuses.*REDIS_HOST/),
    ]);
    expect(told).toEqual([]);
    await redis.start();
    await eventually(async () => expect(await ping(link)).toBe('PONG'));
    expect(told).toEqual([1]);
    expect(link.trouble).toBeNull();
  });

  it.each(['kill', 'stop'] as const)('comes back after %s, and every caller is answered', async (end) => {
    const { link } = await openLink(there());
    const told: number[] = [];
    link.onReady(() => told.push(1));
    const outcomes: Promise<unknown>[] = [];
    const load = setInterval(() => {
      for (let i = 0; i < 50; i += 1) outcomes.push(ping(link).catch((error: unknown) => error));
    }, 1);
    await redis[end]();
    await eventually(() => expect(link.trouble).not.toBeNull());
    await redis.start();
    await eventually(() => expect(told).toHaveLength(1));
    clearInterval(load);
    const all = await Promise.all(outcomes);
    expect(all).toContain('PONG');
    const failed = all.filter((outcome) => outcome !== 'PONG');
    expect(failed.length).toBeGreaterThan(0);
    for (const error of failed) expect(error).toMatchObject(away);
  });

  it('fails what is under way when the connection is lost, at once', async () => {
    const { link } = await openLink({ ...there(), REDIS_COMMAND_TIMEOUT_MS: '60000' });
    const slow = link.run('TASK_QUEUE_UNAVAILABLE', (client) =>
      client.eval(`local t = redis.call('time')[1] while redis.call('time')[1] - t < 3 do end return 1`, 0),
    );
    const ended = expect(slow).rejects.toMatchObject({ code: 'TASK_QUEUE_UNAVAILABLE' });
    await eventually(() =>
      expect((link.redis as unknown as { commandQueue: unknown[] }).commandQueue).toHaveLength(1),
    );
    await redis.kill();
    await ended;
    await redis.start();
  });

  it('is given up when it falls silent: commands have a bound, the connection is made anew', async () => {
    const { link, counted } = await openLink({ ...there(), REDIS_COMMAND_TIMEOUT_MS: '300' });
    await ping(link);
    const first = link.redis.stream;
    await redis.pause();
    await expect(ping(link)).rejects.toMatchObject({
      ...away,
      message: expect.stringContaining('does not answer'),
    });
    await eventually(() => expect(first.destroyed).toBe(true));
    await expect(ping(link)).rejects.toMatchObject(away);
    // The kernel takes connections for the process that is stopped: the handshake has its bound too.
    await eventually(async () => expect(await counted('timeout')).toBeGreaterThan(2));
    await redis.resume();
    await eventually(async () => expect(await ping(link)).toBe('PONG'));
    expect(link.redis.stream).not.toBe(first);
  });

  it('that loads its data is waited for, and says so', async () => {
    const loading = await startPrivateRedis({
      config: {
        appendonly: 'yes',
        'key-load-delay': '3000',
        'loading-process-events-interval-bytes': '1024',
      },
    });
    try {
      await loading.cli(['eval', `for i = 1, 2000 do redis.call('set', i, string.rep('x', 100)) end`, '0']);
      await loading.cli(['bgrewriteaof']);
      await eventually(async () =>
        expect(await loading.cli(['info', 'persistence'])).toContain('aof_rewrite_in_progress:0'),
      );
      const { link } = await openLink({
        REDIS_HOST: loading.host,
        REDIS_PORT: String(loading.port),
        REDIS_COMMAND_TIMEOUT_MS: '500',
      });
      await loading.kill();
      const started = loading.start();
      await eventually(() => expect(link.trouble?.kind).toBe('loading'), 25_000);
      await expect(ping(link)).rejects.toMatchObject({
        ...away,
        message: expect.stringContaining('loads its data'),
      });
      await started;
      await eventually(async () => expect(await ping(link)).toBe('PONG'));
    } finally {
      await loading.release();
    }
  }, 60_000);
});

describe('A port where something else answers', () => {
  let server: Server;
  const sockets = new Set<Socket>();
  /** Listens, and answers whatever comes with this. */
  const answering = (text: string): Promise<number> =>
    new Promise((resolve) => {
      server = createServer((socket) => {
        sockets.add(socket.on('error', () => undefined));
        socket.on('data', () => void socket.write(text));
      }).listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  afterEach(async () => {
    await closeLinks();
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('is said to be no Redis', async () => {
    const port = await answering('HTTP/1.1 400 Bad Request\r\n\r\n');
    const { link, errors } = await openLink({ REDIS_HOST: '127.0.0.1', REDIS_PORT: String(port) });
    await expect(ping(link)).rejects.toMatchObject({ code: 'LEASE_UNAVAILABLE' });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatch(/protocol/);
  });
});
