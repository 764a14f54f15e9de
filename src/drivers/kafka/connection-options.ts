import type { ConnectionOptions } from 'node:tls';
import type { KafkaConfig, SASLOptions } from 'kafkajs';
import { readTls } from '../tls-files.js';
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
    ...(options.KAFKA_SECURITY_PROTOCOL.endsWith('ssl') && { ssl: await tlsOf(options) }),
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

function tlsOf(options: KafkaOptions): Promise<ConnectionOptions> {
  return readTls('KAFKA', {
    caFile: options.KAFKA_SSL_CA_FILE,
    certFile: options.KAFKA_SSL_CERT_FILE,
    keyFile: options.KAFKA_SSL_KEY_FILE,
    keyPassword: options.KAFKA_SSL_KEY_PASSWORD,
    rejectUnauthorized: options.KAFKA_SSL_REJECT_UNAUTHORIZED,
  });
}
