import { hostname } from 'node:os';
import type { MongoClientOptions } from 'mongodb';
import { readDatabaseTls } from '../database-tls.js';
import { membersOf, placeOf } from './address.js';
import type { MongodbOptions } from './mongodb.variables.js';

const DEFAULT_PORT = 27_017;
const DEFAULT_NAME = 'peekaping';
/** Milliseconds. */
export interface Patience {
  /** A call waits so long for a server that can take it, a connection to open, and one of the pool to be free. */
  waitMs: number;
  /** A server that is silent for so long in the middle of a command is given up. */
  silenceMs: number;
  /** How often servers that say nothing are asked whether they live; also how soon a lost one is found again. */
  heartbeatMs: number;
}
const PATIENCE: Patience = { waitMs: 5_000, silenceMs: 15_000, heartbeatMs: 2_000 };

/** How to connect. The user and the password are no part of the URI: no character of theirs needs an escape. */
export interface ConnectionSettings {
  uri: string;
  client: MongoClientOptions;
  database: string;
  /** How long a call waits for a first connection, milliseconds. */
  readyMs: number;
  /** As messages name the server: `host:port`, or several. */
  place: string;
}

/** @throws ConfigError naming each file that cannot be read. */
export async function connectionSettings(
  options: MongodbOptions,
  { waitMs, silenceMs, heartbeatMs } = PATIENCE,
): Promise<ConnectionSettings> {
  const port = options.DB_PORT ?? DEFAULT_PORT;
  const members = membersOf(options.DB_HOST ?? 'localhost')!;
  const place = members.map((member) => placeOf(member, port)).join(',');
  const { DB_REPLICA_SET: replicaSet } = options;
  return {
    uri: `mongodb://${place}/`,
    place,
    readyMs: waitMs,
    database: options.DB_NAME ?? DEFAULT_NAME,
    client: {
      appName: `carillon:${hostname()}:${process.pid}`.slice(0, 128),
      ...login(options),
      ...(replicaSet !== undefined && { replicaSet }),
      ...(await tlsOf(options)),
      maxPoolSize: options.DB_POOL_SIZE,
      serverSelectionTimeoutMS: waitMs,
      connectTimeoutMS: waitMs,
      waitQueueTimeoutMS: waitMs,
      socketTimeoutMS: silenceMs,
      heartbeatFrequencyMS: heartbeatMs,
      serverMonitoringMode: 'poll',
      ignoreUndefined: true,
    },
  };
}

function login({ DB_USER: username, DB_PASS: password, DB_AUTH_SOURCE }: MongodbOptions): MongoClientOptions {
  if (username === undefined) return {};
  return { auth: { username, password: password ?? '' }, authSource: DB_AUTH_SOURCE ?? 'admin' };
}

async function tlsOf(options: MongodbOptions): Promise<MongoClientOptions> {
  const tls = await readDatabaseTls(options);
  return tls ? { tls: true, ...tls } : {};
}
