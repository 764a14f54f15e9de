import { SqlFailure, type FailureKind } from '../failure.js';
import { networkFailure } from '../network-failure.js';

/** By error number: https://mariadb.com/kb/en/mariadb-error-code-reference/ */
const KINDS: Record<number, FailureKind> = {
  1021: 'full', // ER_DISK_FULL
  1040: 'crowded', // ER_CON_COUNT_ERROR
  1044: 'database', // ER_DBACCESS_DENIED_ERROR
  1045: 'login', // ER_ACCESS_DENIED_ERROR
  1049: 'database', // ER_BAD_DB_ERROR
  1053: 'away', // ER_SERVER_SHUTDOWN
  1054: 'tables', // ER_BAD_FIELD_ERROR
  1062: 'duplicate', // ER_DUP_ENTRY
  1114: 'full', // ER_RECORD_FILE_FULL
  1142: 'rights', // ER_TABLEACCESS_DENIED_ERROR
  1143: 'rights', // ER_COLUMNACCESS_DENIED_ERROR
  1146: 'tables', // ER_NO_SUCH_TABLE
  1203: 'crowded', // ER_TOO_MANY_USER_CONNECTIONS
  1205: 'conflict', // ER_LOCK_WAIT_TIMEOUT
  1213: 'conflict', // ER_LOCK_DEADLOCK
  1020: 'conflict', // ER_CHECKREAD: the record changed since the last read
  1227: 'rights', // ER_SPECIFIC_ACCESS_DENIED_ERROR
  1290: 'readonly', // ER_OPTION_PREVENTS_STATEMENT
  1317: 'timeout', // ER_QUERY_INTERRUPTED
  1698: 'login', // ER_ACCESS_DENIED_NO_PASSWORD_ERROR
  1836: 'readonly', // ER_READ_ONLY_MODE
  1927: 'lost', // ER_CONNECTION_KILLED
  1969: 'timeout', // ER_STATEMENT_TIMEOUT
  3024: 'timeout', // ER_QUERY_TIMEOUT
  3159: 'tls', // ER_SECURE_TRANSPORT_REQUIRED
  4031: 'lost', // ER_CLIENT_INTERACTION_TIMEOUT
};

const SENTENCES: [RegExp, FailureKind][] = [
  [/secure connection|does not support SSL|ssl connection error/i, 'tls'],
  [/ETIMEDOUT/, 'away'],
  [/closed state|connection lost/i, 'lost'],
];

/** What mysql2 threw, in our words. */
export function mysqlFailure(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error;
  const thrown = error as MysqlError;
  const said = KINDS[thrown.errno ?? 0] ?? handshakeKind(thrown.code);
  if (said) return new SqlFailure(said, error);
  return networkFailure(error) ?? new SqlFailure(kindOfWords(thrown), error);
}

/** HANDSHAKE_NO_SSL_SUPPORT, HANDSHAKE_SSL_ERROR: mysql2's own. */
function handshakeKind(code = ''): FailureKind | undefined {
  return /^HANDSHAKE_.*SSL/.test(code) ? 'tls' : undefined;
}

/** SQLSTATE 22 is of data, 23 of constraints. */
function kindOfWords({ sqlState = '', message = '' }: MysqlError): FailureKind {
  if (/^2[23]/.test(sqlState)) return 'value';
  return SENTENCES.find(([sentence]) => sentence.test(message))?.[1] ?? 'other';
}

interface MysqlError {
  errno?: number;
  code?: string;
  sqlState?: string;
  message?: string;
}
