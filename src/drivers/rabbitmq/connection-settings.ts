import type { ConnectionOptions } from 'node:tls';
import { readTls } from '../tls-files.js';
import type { BrokerNode } from './address.js';
import type { RabbitmqOptions } from './rabbitmq.variables.js';

/** How to connect. Times in milliseconds, the heartbeat in seconds. */
export interface ConnectionSettings {
  nodes: BrokerNode[];
  tls: ConnectionOptions;
  connectTimeoutMs: number;
  heartbeatS: number;
}

/** @throws ConfigError naming each file that cannot be read. */
export async function connectionSettings(options: RabbitmqOptions): Promise<ConnectionSettings> {
  const vhost = options.RABBITMQ_VHOST;
  return {
    nodes: options.RABBITMQ_URL.map((node) => (vhost === undefined ? node : { ...node, vhost })),
    tls: await tlsOf(options),
    connectTimeoutMs: options.RABBITMQ_CONNECT_TIMEOUT_MS,
    heartbeatS: options.RABBITMQ_HEARTBEAT_S,
  };
}

function tlsOf(options: RabbitmqOptions): Promise<ConnectionOptions> {
  return readTls('RABBITMQ', {
    caFile: options.RABBITMQ_SSL_CA_FILE,
    certFile: options.RABBITMQ_SSL_CERT_FILE,
    keyFile: options.RABBITMQ_SSL_KEY_FILE,
    keyPassword: options.RABBITMQ_SSL_KEY_PASSWORD,
    rejectUnauthorized: options.RABBITMQ_SSL_REJECT_UNAUTHORIZED,
  });
}
