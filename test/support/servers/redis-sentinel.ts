import { claimPorts } from './ports.js';
import { startRedisAt, type RedisServer } from './redis.js';
import { eventually } from '../eventually.js';

export interface RedisSentinels {
  /** What the Sentinels call the primary. */
  name: 'carillon';
  /** host:port of each of the three. */
  sentinels: string[];
  /** The primary first; after a failover the roles are swapped. */
  servers: [RedisServer, RedisServer];
  /** Has the Sentinels make the replica the primary; resolves when all agree. */
  failover(): Promise<void>;
  /** The port of the primary, as the Sentinels tell it. */
  primaryPort(): Promise<number>;
  /** Ends all of it; for `afterAll`. */
  release(): Promise<void>;
}

export interface RedisSentinelsOptions {
  /** Of primary and replica. */
  password?: string;
  /** Of the Sentinels themselves. */
  sentinelPassword?: string;
}

/**
 * A primary, its replica and three Sentinels of the caller's own (3 s); call `release` in `afterAll`.
 * A primary that is silent for 1 s counts as down. Resolves when the replica has all data and the Sentinels know each
 * other: a failover before that loses what nobody promised to keep.
 */
export async function startRedisSentinels(options: RedisSentinelsOptions = {}): Promise<RedisSentinels> {
  const ports = await claimPorts();
  const started: RedisServer[] = [];
  const start = async (offset: number, env: Record<string, string>): Promise<RedisServer> => {
    const server = await startRedisAt(ports.first + 2 * offset, env);
    started.push(server);
    return server;
  };
  const release = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.release()));
    ports.release();
  };
  try {
    const { password = '', sentinelPassword = '' } = options;
    const server = { RDS_PASSWORD: password, RDS_PRIMARY_PASSWORD: password };
    const primary = await start(0, server);
    const replica = await start(1, { ...server, RDS_REPLICA_OF: String(primary.port) });
    await eventually(() => holds(replica, ['info', 'replication'], 'master_link_status:up'), 20_000);
    const env = {
      RDS_SENTINEL_OF: String(primary.port),
      RDS_PASSWORD: sentinelPassword,
      RDS_PRIMARY_PASSWORD: password,
    };
    const watchers = await Promise.all([2, 3, 4].map((offset) => start(offset, env)));
    for (const watcher of watchers) await knowsAll(watcher);
    return { ...view(watchers), servers: [primary, replica], release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A Sentinel sees the two others and the replica (it asks the primary every 10 s, and at its start). */
async function knowsAll(sentinel: RedisServer): Promise<void> {
  await eventually(() => holds(sentinel, ['sentinel', 'ckquorum', 'carillon'], 'OK 3 usable'), 20_000);
  await eventually(
    () => holds(sentinel, ['sentinel', 'replicas', 'carillon'], 'master-link-status\nok'),
    20_000,
  );
}

async function holds(server: RedisServer, command: string[], text: string): Promise<void> {
  const told = await server.cli(command);
  if (!told.includes(text)) throw new Error(`${command.join(' ')} does not say ${text}: ${told}`);
}

function view(
  watchers: RedisServer[],
): Pick<RedisSentinels, 'name' | 'sentinels' | 'failover' | 'primaryPort'> {
  const portAt = async (watcher: RedisServer): Promise<number> => {
    const told = await watcher.cli(['sentinel', 'get-master-addr-by-name', 'carillon']);
    return Number(told.trim().split('\n')[1]);
  };
  return {
    name: 'carillon',
    sentinels: watchers.map(({ host, port }) => `${host}:${port}`),
    primaryPort: () => portAt(watchers[0]!),
    failover: async () => {
      const before = await portAt(watchers[0]!);
      await watchers[0]!.cli(['sentinel', 'failover', 'carillon']);
      await eventually(async () => {
        const now = await Promise.all(watchers.map(portAt));
        if (now.some((port) => port === before)) throw new Error(`the primary is still at ${before}`);
      }, 30_000);
    },
  };
}
