import type { Socket } from 'node:net';
import { z } from 'zod';
import { limitBytes } from './clients/byte-limit.js';
import { closedAfter } from './clients/closed-after.js';
import { cutSoon } from './clients/cut-soon.js';
import { guardFrames, POSTGRES } from './clients/frame-guard.js';
import { urlField } from './clients/fields.js';
import { hostPort, readServerUrl } from './clients/server-url.js';
import { queryField, rowsMessage } from './clients/sql-query.js';
import { defineCheck } from './define-check.js';
import { stopwatch, up } from './outcomes.js';
import { countRows } from './sql/postgres-rows.js';

const SCHEMES = ['postgres', 'postgresql'];

/** As libpq's sslmode; without one plain, as Peekaping has it. */
function tlsOf(mode: string | null): false | { rejectUnauthorized: boolean } {
  if (mode === null || ['disable', 'allow', 'prefer'].includes(mode)) return false;
  return { rejectUnauthorized: mode !== 'require' };
}

export default defineCheck({
  type: 'postgres',
  describe: 'Logs in to PostgreSQL and runs a query in a read-only transaction.',
  isolated: () => true,
  schema: z.object({
    database_connection_string: urlField(SCHEMES, 'postgres://user:password@host:5432/database').describe(
      'A URL such as postgres://user:password@host:5432/database, with ?sslmode=require for TLS, verify-full for TLS with a certificate that is checked.',
    ),
    database_query: queryField(),
  }),
  target: ({ database_connection_string: text }) => {
    const { host, port } = readServerUrl(text, SCHEMES, 5432);
    return hostPort(host, port);
  },
  run: async (config, { net, signal, timeoutMs }) => {
    const { default: pg } = await import('pg');
    const url = readServerUrl(config.database_connection_string, SCHEMES, 5432);
    const { host, port } = url;
    const elapsed = stopwatch();
    const socket = await net.connect({ host, port, signal });
    const stopLimit = limitBytes(socket);
    const user = url.user || 'postgres';
    const ssl = tlsOf(url.params.get('sslmode'));
    if (!ssl) guardFrames(socket, POSTGRES);
    const client = new pg.Client({
      host,
      port,
      user,
      // A function: else pg would look for one in the environment and files of this process.
      password: () => url.password,
      database: url.path || user,
      ssl,
      // Values are counted, not read: a parser may take very long for a hostile one.
      types: { getTypeParser: () => (value: string) => value },
      stream: () => connected(socket),
      application_name: 'carillon',
    });
    client.on('error', () => undefined); // whoever waits is told too
    const close = (): void => {
      stopLimit();
      void client.end().catch(() => undefined);
      if (signal.aborted) socket.destroy();
      else cutSoon(socket);
    };
    return closedAfter(signal, close, async () => {
      try {
        await client.connect();
        await client.query('BEGIN READ ONLY');
        await client.query(`SET LOCAL statement_timeout = ${Math.max(1, Math.ceil(timeoutMs))}`);
        const rows = await countRows(client, config.database_query, socket);
        return up(rowsMessage(rows), elapsed());
      } catch (error) {
        // Its code is whatever the server sent, EMFILE if it likes: only its words are taken.
        throw error instanceof pg.DatabaseError ? new Error(error.message) : error;
      }
    });
  },
});

/** pg calls `connect` on what it is given and waits for the event; this one is connected. */
function connected(socket: Socket): Socket {
  socket.connect = () => {
    setImmediate(() => socket.emit('connect'));
    return socket;
  };
  return socket;
}
