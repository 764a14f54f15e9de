import type { ConnectionOptions } from 'node:tls';
import type pg from 'pg';
import { SqlFailure } from '../failure.js';
import type { RawAnswer, RawConnection } from '../pool/raw-connection.js';
import { CONNECT_MS, LOCK_MS, STATEMENT_MS, type ServerAddress } from '../server-address.js';
import { postgresFailure } from './failures.js';

/** Times as text, numbers as numbers: https://www.postgresql.org/docs/current/catalog-pg-type.html */
const BIGINT = 20;
const NUMERIC = 1700;
const TIMES = new Set([1082, 1114, 1184]);

const SESSION = [
  `set time zone 'UTC'`,
  `set datestyle to 'ISO'`,
  `set statement_timeout to ${STATEMENT_MS}`,
  `set lock_timeout to ${LOCK_MS}`,
  `set idle_in_transaction_session_timeout to ${2 * STATEMENT_MS}`,
  `set session characteristics as transaction isolation level read committed`,
].join('; ');

class PostgresConnection implements RawConnection {
  isUsable = true;

  constructor(private readonly client: pg.Client) {
    const broken = (): void => {
      this.isUsable = false;
    };
    client.on('error', broken);
    client.on('end', broken);
  }

  async query(sql: string, parameters: readonly unknown[]): Promise<RawAnswer> {
    try {
      const { rows, rowCount } = await this.client.query<object>(sql, [...parameters]);
      return { rows, changed: rowCount ?? 0 };
    } catch (error) {
      const failure = postgresFailure(error);
      if (failure.kind === 'lost' || failure.kind === 'away') this.isUsable = false;
      throw failure;
    }
  }

  async close(): Promise<void> {
    this.isUsable = false;
    await this.client.end();
  }

  destroy(): Promise<void> {
    this.isUsable = false;
    streamOf(this.client)?.destroy();
    return Promise.resolve();
  }
}

/** pg has no public way to end a connection that is silent. */
function streamOf(client: pg.Client): { destroy(): void } | undefined {
  return (client as unknown as { connection?: { stream?: { destroy(): void } } }).connection?.stream;
}

/** Opens sessions with a PostgreSQL server. */
export function postgresConnector(
  { Client, types }: Pick<typeof pg, 'Client' | 'types'>,
  address: ServerAddress,
  tls: ConnectionOptions | undefined,
): () => Promise<RawConnection> {
  const parserOf = (id: number, format?: 'text' | 'binary') => {
    if (id === BIGINT || id === NUMERIC) return Number;
    if (TIMES.has(id)) return (text: string) => text;
    return types.getTypeParser(id, format ?? 'text') as (text: string) => unknown;
  };
  return async () => {
    const client = new Client({
      ...address,
      ssl: tls,
      application_name: 'carillon',
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_MS,
      types: { getTypeParser: parserOf as typeof types.getTypeParser },
    });
    const connection = new PostgresConnection(client);
    try {
      await client.connect();
      await client.query(SESSION);
      return connection;
    } catch (error) {
      void connection.destroy();
      const failure = postgresFailure(error);
      throw failure.kind === 'lost' ? new SqlFailure('away', error) : failure;
    }
  };
}
