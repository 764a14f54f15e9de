import { SqlFailure, type FailureKind } from '../failure.js';
import { networkFailure } from '../network-failure.js';

/** By SQLSTATE, or its class: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const KINDS: Record<string, FailureKind> = {
  '08': 'lost',
  '22': 'value',
  '23': 'value',
  '23505': 'duplicate',
  '25006': 'readonly',
  '28': 'login',
  '3D000': 'database',
  '40001': 'conflict',
  '40P01': 'conflict',
  '42501': 'rights',
  '42P01': 'tables',
  '42703': 'tables',
  '3F000': 'tables',
  '53100': 'full',
  '53300': 'crowded',
  '55P03': 'conflict',
  '57014': 'timeout',
  '57P': 'away',
  '25P03': 'lost',
};

/** What pg says without a code; it may be read, as the version is pinned. */
const SENTENCES: [RegExp, FailureKind][] = [
  [/does not support SSL/i, 'tls'],
  [/timeout expired|timeout exceeded/i, 'away'],
  [/connection terminated|not queryable|client was closed/i, 'lost'],
  [/password must be a string|SASL/i, 'login'],
];

/** What pg threw, in our words. */
export function postgresFailure(error: unknown): SqlFailure {
  if (error instanceof SqlFailure) return error;
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const kind = kindOfState(code, message);
  if (kind) return new SqlFailure(kind, error);
  const said = SENTENCES.find(([sentence]) => sentence.test(message));
  return networkFailure(error) ?? new SqlFailure(said?.[1] ?? 'other', error);
}

/** Undefined for what is no SQLSTATE that we know: Node has codes too. */
function kindOfState(code: string, message: string): FailureKind | undefined {
  if (!/^[0-9A-Z]{5}$/.test(code)) return undefined;
  if (code.startsWith('28') && /no encryption|SSL off/i.test(message)) return 'tls';
  return KINDS[code] ?? KINDS[code.slice(0, 3)] ?? KINDS[code.slice(0, 2)];
}
