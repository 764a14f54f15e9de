import { z } from 'zod';
import { limitBytes } from './clients/byte-limit.js';
import { closedAfter } from './clients/closed-after.js';
import { ignoreTls, pemField, urlField } from './clients/fields.js';
import { hostPort, readServerUrl } from './clients/server-url.js';
import { defineCheck } from './define-check.js';
import { excerpt, stopwatch, up } from './outcomes.js';

const SCHEMES = ['redis', 'rediss'];

export default defineCheck({
  type: 'redis',
  describe: 'Logs in to Redis and sends PING.',
  isolated: () => true,
  schema: z.object({
    databaseConnectionString: urlField(SCHEMES, 'redis://user:password@host:6379/0'),
    ignoreTls,
    caCert: pemField('With rediss: authorities to trust instead of the usual ones'),
    clientCert: pemField('With rediss: the certificate of this client'),
    clientKey: pemField('With rediss: the key of clientCert'),
  }),
  secrets: ['clientKey'],
  target: ({ databaseConnectionString: text }) => {
    const { host, port } = readServerUrl(text, SCHEMES, 6379);
    return hostPort(host, port);
  },
  run: async (config, { net, signal, timeoutMs }) => {
    const { Redis, AbstractConnector } = await import('ioredis');
    const url = readServerUrl(config.databaseConnectionString, SCHEMES, 6379);
    const { host, port } = url;
    const tls = {
      rejectUnauthorized: !config.ignoreTls,
      ca: config.caCert || undefined,
      cert: config.clientCert || undefined,
      key: config.clientKey || undefined,
    };
    class CheckedConnector extends AbstractConnector {
      constructor() {
        super(0);
      }

      override async connect() {
        const way = { host, port, signal };
        this.stream = await (url.scheme === 'rediss' ? net.connectTls(way, tls) : net.connect(way));
        return this.stream.once('close', limitBytes(this.stream));
      }
    }
    const client = new Redis({
      Connector: CheckedConnector,
      lazyConnect: true,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      enableReadyCheck: false,
      disableClientInfo: true,
      connectTimeout: timeoutMs,
      username: url.user || undefined,
      password: url.password || undefined,
      db: Number(url.path || url.params.get('db') || 0) || 0,
    });
    let failure: unknown;
    client.on('error', (error) => (failure ??= error));
    const elapsed = stopwatch();
    return closedAfter(
      signal,
      () => client.disconnect(),
      async () => {
        try {
          await client.connect();
          const pong = await client.ping();
          return up(`Redis answers ${excerpt(pong, 40)}.`, elapsed());
        } catch (error) {
          throw failure ?? error; // "Connection is closed." has a reason
        }
      },
    );
  },
});
