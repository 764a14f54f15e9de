import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readFindings } from './findings.js';
import { claimPorts } from './ports.js';
import { runScript } from './run-script.js';

export interface RedisOptions {
  /** Also listen with TLS: see `tlsUrl` and `caFile` of the server. */
  tls?: boolean;
  /** Of the user `default`; none when left out. */
  password?: string;
  /** More lines of redis.conf, e.g. `{ maxmemory: '2mb', appendonly: 'yes', 'cluster-enabled': 'yes' }`. */
  config?: Record<string, string>;
}

/** Its memory is empty after `kill` or `stop`, unless `config` has it kept (`appendonly`); the ports stay. */
export interface RedisServer {
  /** redis://127.0.0.1:port, with the password when there is one, without a database. */
  url: string;
  host: string;
  port: number;
  /** rediss://…, and the CA (PEM) that its certificate is from; with `tls` only. */
  tlsUrl?: string;
  caFile?: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** A clean stop: connections are closed. */
  stop(): Promise<void>;
  /** After `kill` or `stop`; resolves when it answers (0.1 s). */
  start(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. `resume` ends it. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /**
   * redis-cli with the server's first password, e.g. `cli(['config', 'set', 'maxmemory', '1mb'])`; what it printed.
   * @throws with Redis's error answer
   */
  cli(args: string[]): Promise<string>;
  /** Ends it for good; for `afterAll`. */
  release(): Promise<void>;
}

/** A server of the caller's own, which it may kill and configure; call `release` in `afterAll`. Takes 0.2 s. */
export async function startPrivateRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const ports = await claimPorts();
  try {
    const server = await startRedisAt(ports.first, environment(options));
    const release = async (): Promise<void> => {
      await server.release();
      ports.release();
    };
    return { ...withUrls(server, options), release };
  } catch (error) {
    ports.release();
    throw error;
  }
}

/** One process of redis.sh; `env` are its variables. Its folder and its port are the caller's to give. */
export async function startRedisAt(port: number, env: Record<string, string>): Promise<RedisServer> {
  const folder = join(readFindings().runFolder, `redis-${randomUUID().slice(0, 8)}`);
  const full = { ...env, RDS_PORT: String(port), RDS_RUN: folder };
  const script = (...args: string[]): Promise<string> => runScript('redis.sh', args, { env: full });
  const command = (name: string) => async (): Promise<void> => void (await script(name));
  const [start, release] = [command('start'), command('remove')];
  try {
    await start();
  } catch (error) {
    await release();
    throw error;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    caFile: env.RDS_TLS === '1' ? join(folder, 'ca.pem') : undefined,
    kill: command('kill'),
    stop: command('stop'),
    start,
    pause: command('pause'),
    resume: command('resume'),
    cli: (args) => script('cli', ...args),
    release,
  };
}

function withUrls(server: RedisServer, { password, tls }: RedisOptions): RedisServer {
  const login = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  return {
    ...server,
    url: `redis://${login}${server.host}:${server.port}`,
    tlsUrl: tls ? `rediss://${login}${server.host}:${server.port + 1}` : undefined,
  };
}

function environment({ tls, password = '', config = {} }: RedisOptions): Record<string, string> {
  const lines = Object.entries(config).map(([name, value]) => `${name} ${value}`);
  return { RDS_TLS: tls ? '1' : '0', RDS_PASSWORD: password, RDS_CONFIG: lines.join('\n') };
}
