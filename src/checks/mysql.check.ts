import { z } from 'zod';
import { limitBytes } from './clients/byte-limit.js';
import { closedAfter } from './clients/closed-after.js';
import { cutSoon } from './clients/cut-soon.js';
import { urlField } from './clients/fields.js';
import { hostPort, readServerUrl, type ServerUrl } from './clients/server-url.js';
import { queryField, rowsMessage } from './clients/sql-query.js';
import { defineCheck } from './define-check.js';
import { stopwatch, up } from './outcomes.js';
import { countRows, opened, readOnly } from './sql/mysql-rows.js';

const SCHEMES = ['mysql', 'mariadb'];

/** As the parameter `tls` of Go's driver, which Peekaping's strings have. */
function tlsOf({ params }: ServerUrl): { rejectUnauthorized: boolean; verifyIdentity: boolean } | undefined {
  const mode = params.get('tls') ?? 'false';
  if (mode === 'false') return undefined;
  return { rejectUnauthorized: mode === 'true', verifyIdentity: mode === 'true' };
}

export default defineCheck({
  type: 'mysql',
  describe: 'Logs in to MySQL or MariaDB and runs a query in a read-only transaction.',
  isolated: () => true,
  schema: z.object({
    connection_string: urlField(SCHEMES, 'mysql://user:password@host:3306/database').describe(
      'A URL such as mysql://user:password@host:3306/database, with ?tls=true for TLS, ?tls=skip-verify for TLS with any certificate.',
    ),
    query: queryField(),
  }),
  target: ({ connection_string: text }) => {
    const { host, port } = readServerUrl(text, SCHEMES, 3306);
    return hostPort(host, port);
  },
  run: async (config, { net, signal, timeoutMs }) => {
    const { createConnection } = await import('mysql2');
    const url = readServerUrl(config.connection_string, SCHEMES, 3306);
    const { host, port } = url;
    const elapsed = stopwatch();
    const socket = await net.connect({ host, port, signal });
    const stopLimit = limitBytes(socket);
    const connection = createConnection({
      host,
      port,
      user: url.user,
      password: url.password,
      database: url.path || undefined,
      ssl: tlsOf(url),
      stream: socket,
      connectTimeout: 0, // the signal's
      // A server must not ask for files of ours.
      flags: ['-LOCAL_FILES'],
    });
    connection.on('error', () => undefined); // whoever waits is told too
    const close = (): void => {
      stopLimit();
      if (signal.aborted || socket.destroyed) return void socket.destroy();
      connection.end(() => socket.destroy()); // mysql2's own destroy goes on reading
      cutSoon(socket);
    };
    return closedAfter(signal, close, async () => {
      await opened(connection);
      await readOnly(connection, timeoutMs);
      const rows = await countRows(connection, config.query, socket);
      return up(rowsMessage(rows), elapsed());
    });
  },
});
