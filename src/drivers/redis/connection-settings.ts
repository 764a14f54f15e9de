import { hostname } from 'node:os';
import type { ConnectionOptions } from 'node:tls';
import type { RedisOptions as ClientOptions } from 'ioredis';
import { readTls } from '../tls-files.js';
import { REDIS_PORT } from './address.js';
import type { RedisOptions } from './redis.variables.js';

/** So long a connection that is given up may take to say good-bye. */
const GOOD_BYE_MS = 500;
/** How often a server that loads its data is asked whether it is done. */
const LOADING_MS = 1000;
/** How often a Sentinel that was lost is asked again to tell of failovers. */
const SENTINEL_AGAIN_MS = 10_000;

/** How to connect. */
export interface ConnectionSettings {
  client: ClientOptions;
  /** As messages name the server: `host:port`. */
  place: string;
}

/** @throws ConfigError naming each file that cannot be read. */
export async function connectionSettings(options: RedisOptions): Promise<ConnectionSettings> {
  const tls = options.REDIS_SSL || options.REDIS_URL?.tls ? await tlsOf(options) : undefined;
  const { REDIS_SENTINELS: sentinels, REDIS_SENTINEL_NAME: name } = options;
  const place = sentinels ? `the primary ${name}` : placeOf(serverOf(options));
  return {
    place,
    client: { ...always(options), ...(sentinels ? watched(options, tls) : { ...serverOf(options), tls }) },
  };
}

/**
 * RESP2, as every server and proxy speaks it. Nothing waits for a connection, and nothing is sent twice: with 0 for
 * maxRetriesPerRequest what was in flight on a lost connection fails at once; else ioredis would leave it unanswered.
 */
function always(options: RedisOptions): ClientOptions {
  const { REDIS_URL: url, REDIS_COMMAND_TIMEOUT_MS: commandTimeout } = options;
  return {
    username: options.REDIS_USERNAME ?? url?.username,
    password: options.REDIS_PASSWORD ?? url?.password,
    db: options.REDIS_DB ?? url?.db ?? 0,
    protocol: 2,
    lazyConnect: true,
    connectionName: `carillon:${hostname().replace(/[^\w.-]/g, '_')}:${process.pid}`,
    disableClientInfo: true,
    connectTimeout: options.REDIS_CONNECT_TIMEOUT_MS,
    commandTimeout,
    socketTimeout: commandTimeout,
    disconnectTimeout: GOOD_BYE_MS,
    maxLoadingRetryTime: LOADING_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
  };
}

function watched(options: RedisOptions, tls: ConnectionOptions | undefined): ClientOptions {
  return {
    sentinels: options.REDIS_SENTINELS,
    name: options.REDIS_SENTINEL_NAME,
    sentinelUsername: options.REDIS_SENTINEL_USERNAME,
    sentinelPassword: options.REDIS_SENTINEL_PASSWORD,
    sentinelCommandTimeout: options.REDIS_COMMAND_TIMEOUT_MS,
    sentinelReconnectStrategy: () => SENTINEL_AGAIN_MS,
    failoverDetector: true,
    ...(tls && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

function serverOf({ REDIS_URL: url, REDIS_HOST, REDIS_PORT: port }: RedisOptions): {
  host: string;
  port: number;
} {
  if (url) return { host: url.host, port: url.port };
  return { host: REDIS_HOST ?? 'localhost', port: port ?? REDIS_PORT };
}

function placeOf({ host, port }: { host: string; port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function tlsOf(options: RedisOptions): Promise<ConnectionOptions> {
  return readTls('REDIS', {
    caFile: options.REDIS_SSL_CA_FILE,
    certFile: options.REDIS_SSL_CERT_FILE,
    keyFile: options.REDIS_SSL_KEY_FILE,
    keyPassword: options.REDIS_SSL_KEY_PASSWORD,
    rejectUnauthorized: options.REDIS_SSL_REJECT_UNAUTHORIZED,
  });
}
