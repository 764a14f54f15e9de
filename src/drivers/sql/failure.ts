import { AppError, type ErrorCode } from '../../core/errors.js';

/** What went wrong, whatever the database; a counter has them as its label. */
export type FailureKind =
  | 'away'
  | 'login'
  | 'database'
  | 'tls'
  | 'rights'
  | 'tables'
  | 'schema'
  | 'readonly'
  | 'full'
  | 'lost'
  | 'timeout'
  | 'crowded'
  | 'conflict'
  | 'duplicate'
  | 'value'
  | 'unknown'
  | 'closed'
  | 'other';

interface Meaning {
  code: ErrorCode;
  /** After "The database at … ". */
  words: string;
  advice: string;
}

const UNAVAILABLE = 'MONITOR_STORE_UNAVAILABLE';

const MEANINGS: Record<FailureKind, Meaning> = {
  away: {
    code: UNAVAILABLE,
    words: 'cannot be reached',
    advice: 'Check DB_HOST and DB_PORT, and that it runs.',
  },
  login: { code: UNAVAILABLE, words: 'refuses the login', advice: 'Check DB_USER and DB_PASS.' },
  database: {
    code: UNAVAILABLE,
    words: 'has no database of this name, or none for this user',
    advice: 'Check DB_NAME, or create the database.',
  },
  tls: {
    code: UNAVAILABLE,
    words: 'and this process do not agree on TLS',
    advice: 'Check DB_TLS, DB_TLS_CA_FILE and the name in the certificate.',
  },
  rights: {
    code: UNAVAILABLE,
    words: 'does not let this user do that',
    advice: 'Grant DB_USER the rights that docs/operations.md lists.',
  },
  tables: {
    code: UNAVAILABLE,
    words: 'lacks a table or a column',
    advice: 'Start once with DB_SYNC=own, or create it.',
  },
  schema: {
    code: UNAVAILABLE,
    words: 'has tables of a newer version of this program',
    advice: 'Start the newer program.',
  },
  readonly: {
    code: UNAVAILABLE,
    words: 'takes no writes',
    advice: 'Check that DB_HOST is the primary and that the file and its folder can be written.',
  },
  full: { code: 'STORAGE_FULL', words: 'has no room left', advice: 'Nothing was written. Make room.' },
  lost: { code: UNAVAILABLE, words: 'broke the connection off', advice: 'Nothing was changed.' },
  timeout: { code: UNAVAILABLE, words: 'took too long', advice: 'Nothing was changed.' },
  crowded: {
    code: UNAVAILABLE,
    words: 'has no connection free',
    advice: 'Raise DB_POOL_SIZE, or what the server allows.',
  },
  conflict: { code: UNAVAILABLE, words: 'is at odds with other writers', advice: 'Nothing was changed.' },
  duplicate: { code: UNAVAILABLE, words: 'has such a row already', advice: 'Nothing was changed.' },
  value: {
    code: 'VALIDATION_FAILED',
    words: 'refuses a value that was to be written',
    advice: 'Nothing was changed.',
  },
  unknown: {
    code: 'OUTCOME_UNKNOWN',
    words: 'did not say whether it wrote',
    advice: 'It may have been done.',
  },
  closed: { code: 'SHUTTING_DOWN', words: 'is closed, as this process stops', advice: 'Ask another one.' },
  other: { code: UNAVAILABLE, words: 'cannot do this', advice: 'The log has the cause.' },
};

/** An error of a client library in our words; the original is the cause. */
export class SqlFailure extends Error {
  override readonly name = 'SqlFailure';
  constructor(
    readonly kind: FailureKind,
    cause?: unknown,
    /** In place of the kind's own; a whole sentence or several. */
    readonly advice = MEANINGS[kind].advice,
  ) {
    super(MEANINGS[kind].words, { cause: withoutValues(kind, cause) });
  }
}

const NAMES_VALUES: readonly FailureKind[] = ['value', 'duplicate'];

/** Client libraries hang statements and rows on their errors, which are nobody's to log. */
function withoutValues(kind: FailureKind, cause: unknown): Error | undefined {
  if (cause === undefined) return undefined;
  const { code, message } = cause as { code?: unknown; message?: unknown };
  const said = NAMES_VALUES.includes(kind) ? [code] : [code, message];
  return new Error(said.filter((one) => typeof one === 'string' && one !== '').join(': ') || kind);
}

/** Of the caller, of its moment, or of nobody: no sign that the database could not be used. */
const NO_TROUBLE = new Set<FailureKind>(['conflict', 'duplicate', 'value', 'closed']);

export function isTrouble({ kind }: SqlFailure): boolean {
  return !NO_TROUBLE.has(kind);
}

/** `place`: host and database, or the file; never a password. */
export function appErrorOf(failure: SqlFailure, place: string): AppError {
  const { code } = MEANINGS[failure.kind];
  return new AppError(code, `The database ${place} ${failure.message}. ${failure.advice}`, {
    cause: failure.cause,
  });
}

/** The same for one call: a script to run stands once in the log, and in /health. */
export function shortErrorOf(failure: SqlFailure, place: string): AppError {
  const error = appErrorOf(failure, place);
  const [first = '', ...more] = error.message.split('\n');
  if (more.length === 0) return error;
  return new AppError(error.code, `${first.replace(/:$/, '')}: the log and /health have it.`, {
    cause: failure.cause,
  });
}
