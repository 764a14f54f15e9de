import type { HttpFailureCode } from './http-message.js';

/** What went wrong, and with whom; `{peer}` stands for a host and port. */
type Cause = [code: HttpFailureCode, words: string];

const CAUSES: Readonly<Record<string, Cause>> = {
  ECONNREFUSED: ['CONNECTION_REFUSED', 'nothing listens at {peer}'],
  ENOTFOUND: ['DNS', 'the name of {peer} is unknown'],
  EAI_AGAIN: ['DNS', 'the name of {peer} cannot be looked up at present'],
  EHOSTUNREACH: ['UNREACHABLE', 'no way leads to {peer}'],
  EHOSTDOWN: ['UNREACHABLE', '{peer} is down'],
  ENETUNREACH: ['UNREACHABLE', 'no way leads to {peer}'],
  ENETDOWN: ['UNREACHABLE', 'the network is down'],
  ETIMEDOUT: ['TIMEOUT', '{peer} does not answer'],
  UND_ERR_CONNECT_TIMEOUT: ['TIMEOUT', 'no connection to {peer} within the time for one'],
  UND_ERR_HEADERS_TIMEOUT: ['TIMEOUT', '{peer} opened no connection within the time for one'],
  ECONNRESET: ['RESET', '{peer} broke the connection'],
  ECONNABORTED: ['RESET', '{peer} broke the connection'],
  EPIPE: ['RESET', '{peer} broke the connection'],
  UND_ERR_SOCKET: ['RESET', '{peer} closed the connection without an answer'],
  UND_ERR_HEADERS_OVERFLOW: ['HEADERS_TOO_LARGE', 'the headers of the answer of {peer} are too large'],
  HPE_HEADER_OVERFLOW: ['HEADERS_TOO_LARGE', 'the headers of the answer of {peer} are too large'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['PROTOCOL', 'the answer of {peer} has another length than it says'],
  UND_ERR_CLOSED: ['CLOSED', 'the sender is closed'],
  UND_ERR_DESTROYED: ['CLOSED', 'the sender is closed'],
  UND_ERR_PRX_TLS: ['TLS', 'the certificate of {peer} is made out to another name'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['TLS', 'the certificate of {peer} is made out to another name'],
  CERT_HAS_EXPIRED: ['TLS', 'the certificate of {peer} has expired'],
  CERT_NOT_YET_VALID: ['TLS', 'the certificate of {peer} is not valid yet'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['TLS', '{peer} has a self-signed certificate'],
  SELF_SIGNED_CERT_IN_CHAIN: ['TLS', 'nobody here trusts who signed the certificate of {peer}'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['TLS', 'nobody here trusts who signed the certificate of {peer}'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['TLS', 'nobody here trusts who signed the certificate of {peer}'],
};

const NO_HTTP: Cause = ['PROTOCOL', '{peer} does not speak HTTP/1.1'];

const FAMILIES: readonly [RegExp, Cause][] = [
  [/^(HPE_|HTTPParserError$)/, NO_HTTP],
  [/^(EPROTO$|ERR_SSL|ERR_TLS|CERT_|CRL_|UNABLE_TO_)/, ['TLS', 'no secure connection to {peer}']],
  [/^EAI_/, ['DNS', 'the name of {peer} cannot be looked up']],
  [
    /^UND_ERR_(INVALID_ARG|NOT_SUPPORTED|REQ_CONTENT_LENGTH_MISMATCH)$/,
    ['INVALID_REQUEST', 'such a request to {peer} cannot be sent'],
  ],
];

/** An error of undici, or of the socket below it, in our words; those of the error itself may hold what is secret. */
export function failureOf(error: unknown, peer: string): { code: HttpFailureCode; reason: string } {
  const { code: given, name: kind, message = '' } = error as Partial<Error> & { code?: unknown };
  const name = typeof given === 'string' ? given : (kind ?? '');
  const [code, words] = causeOf(name, message);
  // Codes are in capitals, and what a person looks up.
  return {
    code,
    reason: words.replace('{peer}', peer) + (/^[A-Z][A-Z0-9_]*$/.test(name) ? ` (${name})` : ''),
  };
}

function causeOf(name: string, message: string): Cause {
  const proxyStatus = /^Proxy response \((\d+)\)/.exec(message)?.[1];
  if (proxyStatus) return ['PROXY', `{peer} answered ${proxyStatus} to CONNECT`];
  // Undici's words for an answer that cannot be, such as 101 to a POST.
  if (name === 'UND_ERR_SOCKET' && message.startsWith('bad ')) return NO_HTTP;
  const family = FAMILIES.find(([pattern]) => pattern.test(name));
  return CAUSES[name] ?? family?.[1] ?? ['OTHER', 'the request to {peer} failed'];
}
