import { createConnection } from 'mysql2/promise';
import { startInDocker } from './docker.js';
import { readFindings } from './findings.js';
import { oncePerRun } from './once-per-run.js';
import {
  databaseName,
  sqlAddress,
  startPrivateSql,
  type PrivateSql,
  type SharedSql,
  type SqlAddress,
  type SqlRow,
  type SqlServerOptions,
} from './sql-server.js';

/** Starts it when nobody has yet in this run of Jest (1 to 3 s); global-teardown.ts stops it. */
export async function startedMariadb(): Promise<SharedSql> {
  const { from, detail } = readFindings().servers.mariadb;
  if (from === 'missing') throw new Error(`no MariaDB: ${detail}`);
  if (from === 'url') return shared(sqlAddress(detail, 3306));
  return shared(await oncePerRun('mariadb', from === 'docker' ? withDocker : natively));
}

/** A server of the caller's own, which it may kill and configure; call `release` in `afterAll`. */
export function startPrivateMariadb(options: SqlServerOptions = {}): Promise<PrivateSql> {
  return startPrivateSql({ script: 'mariadb.sh', prefix: 'MY', shared }, options);
}

function shared(address: SqlAddress): SharedSql {
  const run = async (database: string, sql: string, values: readonly unknown[] = []): Promise<SqlRow[]> => {
    const client = await createConnection({ ...address, database: database || undefined, timezone: 'Z' });
    try {
      const [rows] = await client.query(sql, [...values]);
      return Array.isArray(rows) ? (rows as SqlRow[]) : [];
    } finally {
      await client.end();
    }
  };
  const fresh = async (): Promise<string> => {
    const name = databaseName();
    await run('', `create database ${name}`);
    return name;
  };
  return { ...address, run, fresh };
}

async function natively(): Promise<SqlAddress> {
  const { host, port, user, password } = await startPrivateMariadb();
  return { host, port, user, password };
}

async function withDocker(): Promise<SqlAddress> {
  await startInDocker('mariadb');
  const port = Number(process.env.TEST_MARIADB_PORT ?? '23306');
  return { host: '127.0.0.1', port, user: 'root', password: 'secret' };
}
