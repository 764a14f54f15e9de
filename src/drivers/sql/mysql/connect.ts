import type { ConnectionOptions } from 'node:tls';
import type { Connection, ResultSetHeader, SslOptions } from 'mysql2';
import type { createConnection } from 'mysql2';
import { withDeadline } from '../../../core/with-deadline.js';
import { SqlFailure } from '../failure.js';
import type { RawAnswer, RawConnection } from '../pool/raw-connection.js';
import { CONNECT_MS, LOCK_MS, STATEMENT_MS, type ServerAddress } from '../server-address.js';
import { mysqlFailure } from './failures.js';

/** UTC, no silent mending of values, and what is read is what others have committed. */
const SESSION = [
  `set time_zone = '+00:00', sql_mode = 'TRADITIONAL', innodb_lock_wait_timeout = ${LOCK_MS / 1000}`,
  `set session transaction isolation level read committed`,
];
/** MariaDB's, and MySQL's: one of them is refused. */
const DEADLINES = [
  `set session max_statement_time = ${STATEMENT_MS / 1000}`,
  `set session max_execution_time = ${STATEMENT_MS}`,
];

class MysqlConnection implements RawConnection {
  isUsable = true;

  constructor(private readonly connection: Connection) {
    const broken = (): void => {
      this.isUsable = false;
    };
    connection.on('error', broken);
    connection.on('end', broken);
  }

  query(sql: string, parameters: readonly unknown[]): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.connection.query(sql, [...parameters], (error, answer) => {
        if (error) reject(this.failed(error));
        else if (Array.isArray(answer)) resolve({ rows: answer, changed: 0 });
        else resolve({ rows: [], changed: (answer as ResultSetHeader).affectedRows });
      });
    });
  }

  close(): Promise<void> {
    this.isUsable = false;
    return new Promise((resolve) => this.connection.end(() => resolve()));
  }

  destroy(): Promise<void> {
    this.isUsable = false;
    this.connection.destroy();
    return Promise.resolve();
  }

  private failed(error: unknown): SqlFailure {
    const failure = mysqlFailure(error);
    if (failure.kind === 'lost' || failure.kind === 'away') this.isUsable = false;
    return failure;
  }
}

/** Opens sessions with a MySQL or MariaDB server. */
export function mysqlConnector(
  create: typeof createConnection,
  address: ServerAddress,
  tls: ConnectionOptions | undefined,
): () => Promise<RawConnection> {
  return async () => {
    const socket = address.host.startsWith('/') ? { socketPath: address.host } : {};
    const connection = create({
      ...address,
      ...socket,
      ssl: tls as SslOptions | undefined,
      timezone: 'Z',
      dateStrings: true,
      decimalNumbers: true,
      supportBigNumbers: true,
      charset: 'utf8mb4_general_ci',
      flags: ['FOUND_ROWS'],
      enableKeepAlive: true,
      connectTimeout: CONNECT_MS,
    });
    const wrapped = new MysqlConnection(connection);
    try {
      await withDeadline(prepare(connection, wrapped), CONNECT_MS, () => new SqlFailure('away'));
      return wrapped;
    } catch (error) {
      void wrapped.destroy();
      const failure = mysqlFailure(error);
      throw failure.kind === 'lost' ? new SqlFailure('away', error) : failure;
    }
  };
}

async function prepare(connection: Connection, wrapped: MysqlConnection): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error ? reject(mysqlFailure(error)) : resolve()));
  });
  for (const statement of SESSION) await wrapped.query(statement, []);
  for (const statement of DEADLINES) await wrapped.query(statement, []).catch(() => undefined);
}
