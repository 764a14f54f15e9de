/** What a failure is, in metrics. */
export type FailureKind =
  | 'away'
  | 'timeout'
  | 'name'
  | 'tls'
  | 'auth'
  | 'permission'
  | 'database'
  | 'readonly'
  | 'full'
  | 'disk'
  | 'loading'
  | 'busy'
  | 'script'
  | 'type'
  | 'version'
  | 'cluster'
  | 'mode'
  | 'sentinel'
  | 'other';

/** Why Redis cannot be used, or refused something. Neither text holds a password, a key or a value. */
export interface RedisFailure {
  kind: FailureKind;
  /** After `Redis at host:port`. */
  words: string;
  /** What whoever runs this service should do: a sentence. */
  advice: string;
  cause?: unknown;
}

export type Meaning = Omit<RedisFailure, 'cause'>;

export const RUNS = 'Check REDIS_HOST, REDIS_URL or REDIS_SENTINELS, and that the server runs.';
const LOGIN = 'Check REDIS_PASSWORD and REDIS_USERNAME, or both in REDIS_URL.';

export function told(kind: FailureKind, words: string, advice: string): Meaning {
  return { kind, words, advice };
}

export const CLUSTER = told(
  'cluster',
  'is a Redis Cluster',
  'The lease and the queue would lie in different slots: name a single server, or Sentinels.',
);

/** What Redis, ioredis, Node's sockets and TLS say, and what it means. The first that fits is told. */
export const MEANINGS: [said: RegExp, told: Meaning | ((error: Error) => Meaning)][] = [
  [
    /^All sentinels.*(WRONGPASS|NOAUTH|invalid password)/,
    told(
      'auth',
      'cannot be found, as the Sentinels refuse the login',
      'Check REDIS_SENTINEL_PASSWORD and REDIS_SENTINEL_USERNAME.',
    ),
  ],
  [
    /^All sentinels(.*No such master|(?!.*Last error))/,
    told('sentinel', 'is not known to the Sentinels by that name', 'Check REDIS_SENTINEL_NAME.'),
  ],
  [
    /^All sentinels/,
    ({ message }) =>
      told(
        'sentinel',
        `cannot be found, as no Sentinel answers (${lastError(message)})`,
        'Check REDIS_SENTINELS.',
      ),
  ],
  [/WRONGPASS|invalid password/i, told('auth', 'refuses the login', LOGIN)],
  [/NOAUTH|Authentication required/i, told('auth', 'wants a login', LOGIN)],
  [
    /wrong number of arguments for 'auth'/,
    told('version', 'is too old for users', 'Use Redis 6.2 or newer.'),
  ],
  [
    /NOPERM|has no permissions/,
    (error) =>
      told(
        'permission',
        `does not permit it (${redisWords(error)})`,
        'Grant it to the user: see docs/operations.md.',
      ),
  ],
  [
    /DB index/i,
    told('database', 'has no database of that number', 'Check REDIS_DB or the path of REDIS_URL.'),
  ],
  [
    /READONLY|MASTERDOWN|NOREPLICAS/,
    told(
      'readonly',
      'is a replica, or has lost its replicas, and takes no writes',
      'Name the primary, or let Sentinels find it: REDIS_SENTINELS.',
    ),
  ],
  [
    /OOM command not allowed|-OOM /,
    told(
      'full',
      'is full: it has reached its maxmemory',
      'Raise maxmemory of the server, or delete what is not needed; with maxmemory-policy noeviction nothing is lost.',
    ),
  ],
  [
    /MISCONF/,
    told('disk', 'takes no writes, as it cannot save to its disk', 'Look at the server’s log and disk.'),
  ],
  [/LOADING/, told('loading', 'loads its data from disk', 'Wait; it answers when it is done.')],
  [
    /^BUSY /,
    told('busy', 'is busy with a script', 'Wait; SCRIPT KILL on the server ends a script that does not end.'),
  ],
  [/NOSCRIPT/, told('script', 'has forgotten a script', 'Nothing need be done: it is sent again.')],
  [
    /WRONGTYPE/,
    told(
      'type',
      'holds something else under a key that is ours',
      'Keep other programs’ keys out of this database: REDIS_DB.',
    ),
  ],
  [/MOVED|CLUSTERDOWN|CROSSSLOT/, CLUSTER],
  [
    /ENOTFOUND|EAI_AGAIN/,
    told('name', 'has a host name that nobody knows', 'Check REDIS_HOST, REDIS_URL or REDIS_SENTINELS.'),
  ],
  [
    /certificate|altname|self.signed/i,
    ({ message }) =>
      told(
        'tls',
        `shows a certificate that is not believed (${message})`,
        'Check REDIS_SSL_CA_FILE, and that the host name is the certificate’s.',
      ),
  ],
  [
    /wrong version number|ssl routines|EPROTO/i,
    told(
      'tls',
      'does not speak TLS there',
      'Write redis:// in REDIS_URL or leave REDIS_SSL out, or name the port of its TLS listener.',
    ),
  ],
  [
    /RESP type|protocol error|secure TLS connection/i,
    told(
      'tls',
      'does not speak Redis’s protocol there',
      'Check the port, and that TLS is asked for where the server wants it: rediss:// or REDIS_SSL=true.',
    ),
  ],
  [/ECONNREFUSED/, told('away', 'refuses connections', RUNS)],
  [
    /Command timed out|Socket timeout|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    told(
      'timeout',
      'does not answer',
      `${RUNS} A server without TLS is silent to it: redis:// in REDIS_URL.`,
    ),
  ],
  [
    /ECONNRESET|EPIPE|Connection is closed|connection close|max retries per request|enableOfflineQueue/,
    told('away', 'ended the connection', RUNS),
  ],
];

function lastError(message: string): string {
  return /Last error: (.*)$/s.exec(message)?.[1] ?? message;
}

/** Redis's own words without what it repeats of a command: that may be a password or a payload. */
export function redisWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/,? with args beginning with.*/s, '').trim();
}
