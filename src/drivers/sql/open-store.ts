import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { ConfigError } from '../../config/config-error.js';
import { readDatabaseTls } from '../database-tls.js';
import type { DriverContext } from '../define-driver.js';
import { StorageWatch } from '../storage-watch.js';
import { appErrorOf, type FailureKind } from './failure.js';
import { SqlLink, type LinkOptions } from './link.js';
import { lackingAll } from './schema/prepare.js';
import { placeOf, type ServerAddress } from './server-address.js';
import { SqlMonitorStore } from './sql-monitor-store.js';
import type { SqlOptions } from './sql.variables.js';

/** How long opening waits to hear that the database can never be used. */
const FIRST_CONTACT_MS = 2_000;
/** A file is there or not: opening it takes no network. */
const FILE_MS = 10_000;

/** What no waiting mends. */
const FOR_GOOD: readonly FailureKind[] = ['tables', 'schema'];
const FOR_GOOD_OF_A_FILE: readonly FailureKind[] = [...FOR_GOOD, 'other', 'readonly', 'rights'];

const POSTGRES = { port: 5432, user: 'postgres' };
const MYSQL = { port: 3306, user: 'root' };
const DATABASE = 'peekaping';

/** What tests set otherwise. */
type Special = Pick<LinkOptions, 'migrations'>;

/** The store on what DB_TYPE names. @throws ConfigError when it can never be used, or a file of DB_TLS_ not be read */
export async function openSqlStore(
  options: SqlOptions,
  context: DriverContext,
  special: Special = {},
): Promise<SqlMonitorStore> {
  const mayMake = options.DB_SYNC === 'own';
  if (options.DB_TYPE === 'sqlite')
    return openFile('sql', { file: resolve(options.DB_NAME!), mayMake, ...special }, context);
  const link = { ...(await serverOf(options)), mayMake, size: options.DB_POOL_SIZE, ...special };
  return open('sql', link, context, { ms: FIRST_CONTACT_MS, forGood: FOR_GOOD });
}

/** The store on a file of SQLite. @throws ConfigError when it cannot be used */
export async function openFile(
  driver: string,
  { file, mayMake, ...special }: { file: string; mayMake: boolean } & Special,
  context: DriverContext,
): Promise<SqlMonitorStore> {
  const { sqliteConnector } = await import('./sqlite/connect.js');
  const { sqlite } = await import('./sqlite/flavour.js');
  if (!mayMake && !existsSync(file)) throw new ConfigError([appErrorOf(lackingAll(sqlite), file).message]);
  const connect = sqliteConnector({ file, mayCreate: mayMake });
  const storage = new StorageWatch(dirname(file), basename(file), context.logger, context.metrics);
  const link = { flavour: sqlite, connect, size: 1, place: file, mayMake, storage, ...special };
  return open(driver, link, context, { ms: FILE_MS, forGood: FOR_GOOD_OF_A_FILE });
}

async function open(
  driver: string,
  options: LinkOptions,
  context: DriverContext,
  { ms, forGood }: { ms: number; forGood: readonly FailureKind[] },
): Promise<SqlMonitorStore> {
  const link = new SqlLink(options, context);
  const failure = await link.start(ms);
  if (failure && forGood.includes(failure.kind)) {
    const { message } = link.trouble!;
    await link.close(0);
    throw new ConfigError([message]);
  }
  return new SqlMonitorStore(driver, link);
}

async function serverOf(options: SqlOptions): Promise<Pick<LinkOptions, 'flavour' | 'connect' | 'place'>> {
  const tls = await readDatabaseTls(options);
  if (options.DB_TYPE.startsWith('postgres')) {
    const address = addressOf(options, POSTGRES);
    const { default: pg } = await import('pg');
    const { postgresConnector } = await import('./postgres/connect.js');
    const { postgres } = await import('./postgres/flavour.js');
    return { flavour: postgres, connect: postgresConnector(pg, address, tls), place: placeOf(address) };
  }
  const address = addressOf(options, MYSQL);
  const { createConnection } = await import('mysql2');
  const { mysqlConnector } = await import('./mysql/connect.js');
  const { mysql } = await import('./mysql/flavour.js');
  return { flavour: mysql, connect: mysqlConnector(createConnection, address, tls), place: placeOf(address) };
}

function addressOf(options: SqlOptions, usual: { port: number; user: string }): ServerAddress {
  return {
    host: options.DB_HOST ?? 'localhost',
    port: options.DB_PORT ?? usual.port,
    database: options.DB_NAME ?? DATABASE,
    user: options.DB_USER ?? usual.user,
    password: options.DB_PASS,
  };
}
