import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '../eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startedRedis,
  startPrivateRedis,
  startRedisSentinels,
  type RedisSentinels,
  type RedisServer,
} from './index.js';

/** Sends one command in Redis's inline form; what came within a second. */
async function ask(port: number, command: string): Promise<string> {
  const socket = createConnection(port, '127.0.0.1');
  const errors = once(socket, 'error').then(([error]) => Promise.reject(error as Error));
  socket.setTimeout(1000, () => socket.destroy(new Error('silent')));
  await Promise.race([once(socket, 'connect'), errors]);
  socket.write(`${command}\r\n`);
  const [data] = (await Promise.race([once(socket, 'data'), errors])) as [Buffer];
  errors.catch(() => undefined);
  socket.destroy();
  return data.toString();
}

describeWithServers(['redis'], 'startedRedis', () => {
  it(
    'takes commands, and is the same each time',
    async () => {
      const shared = await startedRedis();
      expect(await ask(shared.port, `set spec-${randomUUID()} x ex 10`)).toBe('+OK\r\n');
      expect(await startedRedis()).toEqual(shared);
    },
    SERVER_START_MS,
  );
});

describeWithServers(['redis-private'], 'startPrivateRedis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startPrivateRedis({ tls: true, password: 'odd "p\\w', config: { maxmemory: '9mb' } });
  }, SERVER_START_MS);
  afterAll(() => redis?.release());

  it('is configured as asked', async () => {
    expect(await redis.cli(['config', 'get', 'maxmemory'])).toBe(`maxmemory\n${9 * 1024 ** 2}\n`);
    expect(await ask(redis.port, 'ping')).toContain('NOAUTH');
    expect(redis.url).toBe(`redis://:odd%20%22p%5Cw@127.0.0.1:${redis.port}`);
    await expect(redis.cli(['no_such_command'])).rejects.toThrow('no_such_command');
  });

  it('talks TLS, with a certificate that its own CA vouches for', async () => {
    const tls = ['--tls', '--cacert', redis.caFile!, '-p', String(redis.port + 1)];
    expect(await redis.cli([...tls, 'ping'])).toBe('PONG\n');
    expect(redis.tlsUrl).toContain(`rediss://:odd%20%22p%5Cw@127.0.0.1:${redis.port + 1}`);
  });

  it.each(['kill', 'stop'] as const)('forgets everything over %s and start', async (end) => {
    await redis.cli(['set', 'kept', 'no']);
    await redis[end]();
    await expect(ask(redis.port, 'ping')).rejects.toThrow(/ECONNREFUSED|ECONNRESET/);
    await redis.start();
    expect(await redis.cli(['exists', 'kept'])).toBe('0\n');
  });

  it('hangs while paused, and goes on', async () => {
    await redis.pause();
    await expect(ask(redis.port, 'ping')).rejects.toThrow('silent');
    await redis.resume();
    expect(await ask(redis.port, 'ping')).toContain('NOAUTH');
  });
});

describeWithServers(['redis-sentinel'], 'startRedisSentinels', () => {
  let redis: RedisSentinels;
  beforeAll(async () => {
    redis = await startRedisSentinels({ password: 'of servers', sentinelPassword: 'of sentinels' });
  }, SERVER_START_MS);
  afterAll(() => redis?.release());

  it('makes the replica the primary, on demand', async () => {
    const [primary, replica] = redis.servers;
    await primary.cli(['set', 'kept', 'yes']);
    await eventually(async () => expect(await replica.cli(['get', 'kept'])).toBe('yes\n'));
    expect(await redis.primaryPort()).toBe(primary.port);
    await redis.failover();
    expect(await redis.primaryPort()).toBe(replica.port);
    await replica.cli(['set', 'kept', 'still']);
  }, 60_000);
});
