import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { ConfigError } from '../../config/config-error.js';
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
    tls: await readTls(options),
    connectTimeoutMs: options.RABBITMQ_CONNECT_TIMEOUT_MS,
    heartbeatS: options.RABBITMQ_HEARTBEAT_S,
  };
}

type FileVariable = 'RABBITMQ_SSL_CA_FILE' | 'RABBITMQ_SSL_CERT_FILE' | 'RABBITMQ_SSL_KEY_FILE';

async function readTls(options: RabbitmqOptions): Promise<ConnectionOptions> {
  const mistakes: string[] = [];
  const file = async (name: FileVariable) => {
    const path = options[name];
    if (path === undefined) return undefined;
    return readFile(path).catch((error: NodeJS.ErrnoException) => {
      mistakes.push(`${name} must name a file that can be read (${error.code})`);
      return undefined;
    });
  };
  const ca = await file('RABBITMQ_SSL_CA_FILE');
  const cert = await file('RABBITMQ_SSL_CERT_FILE');
  const key = await file('RABBITMQ_SSL_KEY_FILE');
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key, passphrase: options.RABBITMQ_SSL_KEY_PASSWORD }),
    rejectUnauthorized: options.RABBITMQ_SSL_REJECT_UNAUTHORIZED,
  };
}
