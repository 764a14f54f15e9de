import { SqlFailure } from './failure.js';

const AWAY = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOENT',
]);
const LOST = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_DESTROYED', 'PROTOCOL_CONNECTION_LOST']);
/** Node's and OpenSSL's: ERR_TLS_CERT_ALTNAME_INVALID, SELF_SIGNED_CERT_IN_CHAIN, ... */
const TLS = /^ERR_(TLS|SSL)|CERT|UNABLE_TO_VERIFY|^EPROTO$/;

/** What is wrong between this process and any server; undefined where the server itself said something. */
export function networkFailure(error: unknown): SqlFailure | undefined {
  const { code = '', errors } = error as { code?: string; errors?: unknown[] };
  if (errors?.length) return networkFailure(errors[0]); // AggregateError: each address of a name
  if (AWAY.has(code)) return new SqlFailure('away', error);
  if (LOST.has(code)) return new SqlFailure('lost', error);
  if (TLS.test(code)) return new SqlFailure('tls', error);
  return undefined;
}
