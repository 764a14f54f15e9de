import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { ConfigError } from '../config/config-error.js';

/** What a driver's variables `<technology>_SSL_*` (of databases `DB_TLS_*`) say. */
export interface TlsSettings {
  /** PEM files. */
  caFile: string | undefined;
  certFile: string | undefined;
  keyFile: string | undefined;
  keyPassword: string | undefined;
  rejectUnauthorized: boolean;
}

/** The settings with their files read. @throws ConfigError naming the variable of each file that cannot be read. */
export async function readTls(
  technology: string,
  settings: TlsSettings,
  word: 'SSL' | 'TLS' = 'SSL',
): Promise<ConnectionOptions> {
  const { caFile, certFile, keyFile, keyPassword, rejectUnauthorized } = settings;
  const mistakes: string[] = [];
  const read = async (which: string, path: string | undefined) => {
    if (path === undefined) return undefined;
    return readFile(path).catch((error: NodeJS.ErrnoException) => {
      mistakes.push(`${technology}_${word}_${which} must name a file that can be read (${error.code})`);
      return undefined;
    });
  };
  const ca = await read('CA_FILE', caFile);
  const cert = await read('CERT_FILE', certFile);
  const key = await read('KEY_FILE', keyFile);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key, passphrase: keyPassword }),
    rejectUnauthorized,
  };
}
