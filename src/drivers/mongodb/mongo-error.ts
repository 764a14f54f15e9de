import { MongoError, type TopologyDescription } from 'mongodb';
import { AppError } from '../../core/errors.js';

/** What a failure is, in metrics. */
export type FailureKind =
  | 'login'
  | 'rights'
  | 'name'
  | 'tls'
  | 'away'
  | 'timeout'
  | 'crowded'
  | 'lost'
  | 'readonly'
  | 'full'
  | 'version'
  | 'set'
  | 'indexes'
  | 'schema'
  | 'other';

/** Why MongoDB cannot be used, or refused something. Neither text holds a password or a value. */
export interface MongoFailure {
  kind: FailureKind;
  /** After `MongoDB at host:port`. */
  words: string;
  /** What whoever runs this service should do: a sentence. */
  advice: string;
  cause?: unknown;
}

const RUNS = 'Check DB_HOST and DB_PORT, and that the server runs.';

type Meaning = [said: RegExp, kind: FailureKind, words: string, advice: string];

/** What MongoDB, its client, sockets and TLS say, with the codes of their causes. The first that fits is told. */
const MEANINGS: Meaning[] = [
  [/\(18\)|AuthenticationFailed|Authentication failed/i, 'login', 'refuses the login', 'Check DB_USER, DB_PASS and DB_AUTH_SOURCE.'],
  [/\(13\)|Unauthorized|not authorized|requires authentication/i, 'rights', 'does not permit it', 'Set DB_USER and DB_PASS, and grant that user the role readWrite on DB_NAME.'],
  [/ENOTFOUND|EAI_AGAIN/, 'name', 'has a host name that nobody knows', 'Check DB_HOST.'],
  [/certificate|altname|self.signed|UNABLE_TO_VERIFY/i, 'tls', 'shows a certificate that is not believed', 'Check DB_TLS_CA_FILE, and that DB_HOST is a name in the certificate.'],
  [/wrong version number|ssl routines|EPROTO|packet length/i, 'tls', 'does not speak TLS there', 'Set DB_TLS=off, or name the port that does.'],
  [/maximum wire version|wire version|minimum version/i, 'version', 'is too old or too new for this driver', 'Use MongoDB 4.4 to 8.'],
  [/ECONNREFUSED/, 'away', 'refuses connections', RUNS],
  [/setName|replica ?set name|does not match/i, 'set', 'is not of the replica set that was named', 'Check DB_REPLICA_SET.'],
  [/\((10107|13435|11602|91|189|11600|10058)\)|not (writable )?primary|ReplicaSetNoPrimary/i, 'readonly', 'has no primary that takes writes', 'Wait for the election, or look at the replica set.'],
  [/\((14031|8000)\)|No space left|space quota|OutOfDiskSpace/i, 'full', 'has no room left', 'Make room on its disk.'],
  [/checking out a connection|connection pool/i, 'crowded', 'has no connection free in time', 'Raise DB_POOL_SIZE, or look at what makes the server slow.'],
  [/timed out|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|TimeoutError/i, 'timeout', 'does not answer', `${RUNS} A server without TLS is silent to it, and one with TLS without it: DB_TLS.`],
  [/ECONNRESET|EPIPE|closed|socket|interrupted|destroyed/i, 'lost', 'ended the connection', `${RUNS} A server that wants TLS does so: DB_TLS.`],
]; // prettier-ignore

export function failureOf(error: unknown): MongoFailure {
  const said = wordsOf(error);
  const meaning = MEANINGS.find(([pattern]) => pattern.test(said));
  if (!meaning) return { kind: 'other', words: `answered: ${messageOf(error)}`, advice: RUNS, cause: error };
  const [, kind, words, advice] = meaning;
  return { kind, words, advice, cause: error };
}

/** Name, code and text of the error and of what caused it. */
function wordsOf(error: unknown, depth = 0): string {
  if (typeof error !== 'object' || error === null) return typeof error === 'string' ? error : '';
  const { name, code, message, cause } = error as NodeJS.ErrnoException & { cause?: unknown };
  const { codeName = '', reason } = error as { codeName?: string; reason?: Partial<TopologyDescription> };
  const own = `${name} (${code}) ${codeName} ${message} ${reason?.type}`;
  if (depth > 4) return own;
  return [own, ...[cause, ...errorsOf(reason)].map((inner) => wordsOf(inner, depth + 1))].join(' ');
}

/** Of each server, where none could be selected. */
function errorsOf(topology: Partial<TopologyDescription> | undefined): unknown[] {
  return [...(topology?.servers?.values() ?? [])].map(({ error }) => error);
}

/** Its first line, without what it may repeat of a document. */
function messageOf(error: unknown): string {
  const { codeName, message } = error as { codeName?: string; message?: string };
  return codeName ?? (error instanceof MongoError ? error.name : String(message ?? error)).split('\n')[0]!;
}

/** Whether the client or the server threw it; what our own code throws is not for us to translate. */
export function isOfMongo(error: unknown): boolean {
  return error instanceof MongoError;
}

/** Whether a server has refused a document because one of that key is there. */
export function isDuplicate(error: unknown): boolean {
  return (error as { code?: unknown }).code === 11_000;
}

/** Whether all that a bulk of writes was refused for are documents that are there. */
export function isOnlyDuplicates(error: unknown): boolean {
  if (!isDuplicate(error)) return false;
  const { writeErrors = [] } = error as { writeErrors?: { code?: unknown } | { code?: unknown }[] };
  return [writeErrors].flat().every(isDuplicate);
}

/** Whether the command may have been done although nobody answered. A bulk of writes wraps what happened. */
function isUnanswered(error: unknown): boolean {
  const { name, beforeHandshake, errorResponse } = error as {
    name?: string;
    beforeHandshake?: boolean;
    errorResponse?: unknown;
  };
  if (name === 'MongoBulkWriteError' && errorResponse instanceof MongoError)
    return isUnanswered(errorResponse);
  return (name === 'MongoNetworkError' || name === 'MongoNetworkTimeoutError') && beforeHandshake !== true;
}

/** The failure as the port's error; `isOnce`: what must not be done twice, so a lost answer is told as such. */
export function mongoError(
  place: string,
  { kind, words, advice, cause }: MongoFailure,
  isOnce: boolean,
): AppError {
  if (isOnce && isUnanswered(cause))
    return new AppError('OUTCOME_UNKNOWN', `MongoDB at ${place} ${words}: it may have been done.`, { cause });
  const code = kind === 'full' ? 'STORAGE_FULL' : 'MONITOR_STORE_UNAVAILABLE';
  return new AppError(code, `MongoDB at ${place} ${words}. ${advice}`, { cause });
}
