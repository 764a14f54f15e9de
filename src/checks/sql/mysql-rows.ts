import type { Socket } from 'node:net';
import type { Connection } from 'mysql2';
import { MOST_ROWS } from '../clients/sql-query.js';

/** Resolves when the login was accepted. */
export function opened(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.connect((error) => (error ? reject(error) : resolve()));
  });
}

/** From here on nothing can be written, and the server ends a statement that takes longer. */
export async function readOnly(connection: Connection, timeoutMs: number): Promise<void> {
  const version = await ask(connection, 'SELECT VERSION() AS version');
  const limit = /mariadb/i.test(version)
    ? `max_statement_time = ${Math.max(1, Math.ceil(timeoutMs)) / 1_000}`
    : `max_execution_time = ${Math.max(1, Math.ceil(timeoutMs))}`;
  // An old server knows neither; the deadline cuts the connection all the same.
  await ask(connection, `SET SESSION ${limit}`).catch(() => undefined);
  await ask(connection, 'START TRANSACTION READ ONLY');
}

/** How many rows a query gives, none of them kept; past the most it reads no further and the connection is cut. */
export function countRows(connection: Connection, sql: string, socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let rows = 0;
    connection.once('error', reject); // of the socket: no query without a callback is told
    connection
      // Values are counted, not read.
      .query({ sql, rowsAsArray: true, typeCast: false })
      .on('error', reject)
      .on('result', () => {
        rows += 1;
        if (rows <= MOST_ROWS) return;
        resolve(rows);
        socket.destroy(); // mysql2 would go on reading
      })
      .on('end', () => resolve(rows));
  });
}

function ask(connection: Connection, sql: string): Promise<string> {
  return new Promise((resolve, reject) => {
    connection.query({ sql, rowsAsArray: true }, (error, rows) => {
      if (error) reject(error);
      else resolve(firstValue(rows));
    });
  });
}

function firstValue(rows: unknown): string {
  const value = Array.isArray(rows) ? (rows as unknown[][])[0]?.[0] : undefined;
  return typeof value === 'string' ? value : '';
}
