import { hostname } from 'node:os';
import type { connect } from 'amqplib';
import { withDeadline } from '../../core/with-deadline.js';
import type { BrokerNode } from './address.js';
import { Connection } from './connection.js';
import type { ConnectionSettings } from './connection-settings.js';
import { unavailable } from './rabbitmq-error.js';

const KEEP_ALIVE_MS = 30_000;

/** Opens one connection, once. @throws what amqplib and Node's sockets throw */
export type Connector = (node: BrokerNode, name: string, onAlarm: () => void) => Promise<Connection>;

/** amqplib recovers connections by itself too; a Link does so here, where every state is seen. */
export function connector(connectTo: typeof connect, settings: ConnectionSettings): Connector {
  const { tls, connectTimeoutMs, heartbeatS } = settings;
  return async (node, name, onAlarm) => {
    const opening = connectTo(
      {
        protocol: node.protocol,
        hostname: node.host,
        port: node.port,
        username: node.username,
        password: node.password,
        vhost: encodeURIComponent(node.vhost), // amqplib decodes it
        heartbeat: heartbeatS,
      },
      {
        ...(node.protocol === 'amqps' && tls),
        noDelay: true,
        keepAlive: true,
        keepAliveDelay: KEEP_ALIVE_MS,
        timeout: connectTimeoutMs,
        clientProperties: { connection_name: `carillon ${name} ${hostname()} ${process.pid}` },
      },
    ).then((model) => new Connection(model, onAlarm));
    const late = () => {
      void opening.then((connection) => connection.close(0)).catch(() => undefined);
      return unavailable('connect ETIMEDOUT');
    };
    return withDeadline(opening, connectTimeoutMs * 1.1, late);
  };
}
