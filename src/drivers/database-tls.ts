import type { ConnectionOptions } from 'node:tls';
import { readTls } from './tls-files.js';

/** What DB_TLS and the DB_TLS_ files came to. */
export interface DatabaseTls {
  DB_TLS: 'off' | 'on' | 'insecure';
  DB_TLS_CA_FILE?: string | undefined;
  DB_TLS_CERT_FILE?: string | undefined;
  DB_TLS_KEY_FILE?: string | undefined;
}

/** Undefined for `off`. @throws ConfigError naming the variable of each file that cannot be read. */
export async function readDatabaseTls(options: DatabaseTls): Promise<ConnectionOptions | undefined> {
  if (options.DB_TLS === 'off') return undefined;
  const settings = {
    caFile: options.DB_TLS_CA_FILE,
    certFile: options.DB_TLS_CERT_FILE,
    keyFile: options.DB_TLS_KEY_FILE,
    keyPassword: undefined,
    rejectUnauthorized: options.DB_TLS !== 'insecure',
  };
  return readTls('DB', settings, 'TLS');
}
