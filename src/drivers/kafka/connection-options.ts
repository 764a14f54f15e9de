import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { ConfigError } from '../../config/config-error.js';
import type { KafkaOptions } from './kafka.variables.js';

const DEFAULT_PORT = 9092;

/** How kafkajs is to connect. @throws ConfigError naming each file that cannot be read. */
export async function connectionOptions(options: KafkaOptions): Promise<KafkaConfig> {
  return {
    clientId: options.KAFKA_CLIENT_ID,
    brokers: options.KAFKA_BOOTSTRAP_SERVERS.map((server) =>
      server.includes(':') ? server : `${server}:${DEFAULT_PORT}`,
    ),
    connectionTimeout: options.KAFKA_CONNECTION_TIMEOUT_MS,
    authenticationTimeout: options.KAFKA_REQUEST_TIMEOUT_MS,
    requestTimeout: options.KAFKA_REQUEST_TIMEOUT_MS,
    ...(await tls(options)),
    ...sasl(options),
  };
}

function sasl(options: KafkaOptions): { sasl?: SASLOptions } {
  if (!options.KAFKA_SECURITY_PROTOCOL.startsWith('sasl_')) return {};
  return {
    sasl: {
      mechanism: options.KAFKA_SASL_MECHANISM,
      username: options.KAFKA_SASL_USERNAME ?? '',
      password: options.KAFKA_SASL_PASSWORD ?? '',
    },
  };
}

async function tls(options: KafkaOptions): Promise<{ ssl?: ConnectionOptions }> {
  if (!options.KAFKA_SECURITY_PROTOCOL.endsWith('ssl')) return {};
  const mistakes: string[] = [];
  const file = async (name: 'KAFKA_SSL_CA_FILE' | 'KAFKA_SSL_CERT_FILE' | 'KAFKA_SSL_KEY_FILE') => {
    const path = options[name];
    if (path === undefined) return undefined;
    return readFile(path).catch((error: NodeJS.ErrnoException) => {
      mistakes.push(`${name} must name a file that can be read (${error.code})`);
      return undefined;
    });
  };
  const ca = await file('KAFKA_SSL_CA_FILE');
  const cert = await file('KAFKA_SSL_CERT_FILE');
  const key = await file('KAFKA_SSL_KEY_FILE');
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return {
    ssl: {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key, passphrase: options.KAFKA_SSL_KEY_PASSWORD }),
      rejectUnauthorized: options.KAFKA_SSL_REJECT_UNAUTHORIZED,
    },
  };
}
