import pg from 'pg';
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

/** Starts it when nobody has yet in this run of Jest (1 to 2 s); global-teardown.ts stops it. */
export async function startedPostgres(): Promise<SharedSql> {
  const { from, detail } = readFindings().servers.postgres;
  if (from === 'missing') throw new Error(`no PostgreSQL: ${detail}`);
  if (from === 'url') return shared(sqlAddress(detail, 5432));
  return shared(await oncePerRun('postgres', from === 'docker' ? withDocker : natively));
}

/** A server of the caller's own, which it may kill and configure; call `release` in `afterAll`. */
export function startPrivatePostgres(options: SqlServerOptions = {}): Promise<PrivateSql> {
  return startPrivateSql({ script: 'postgres.sh', prefix: 'PG', shared }, options);
}

function shared(address: SqlAddress): SharedSql {
  const run = async (database: string, sql: string, values: readonly unknown[] = []): Promise<SqlRow[]> => {
    const client = new pg.Client({ ...address, database });
    await client.connect();
    try {
      const answer = await client.query<SqlRow>(sql, values.length > 0 ? [...values] : undefined);
      return answer.rows;
    } finally {
      await client.end();
    }
  };
  const fresh = async (): Promise<string> => {
    const name = databaseName();
    await run('postgres', `create database ${name}`);
    return name;
  };
  return { ...address, run, fresh };
}

async function natively(): Promise<SqlAddress> {
  const { host, port, user, password } = await startPrivatePostgres();
  return { host, port, user, password };
}

async function withDocker(): Promise<SqlAddress> {
  await startInDocker('postgres');
  const port = Number(process.env.TEST_POSTGRES_PORT ?? '25432');
  return { host: '127.0.0.1', port, user: 'carillon', password: 'secret' };
}
