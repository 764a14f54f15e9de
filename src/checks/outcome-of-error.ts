import { textOf } from '../core/text-of.js';
import type { CheckOutcome } from './define-check.js';

/** What of the observer is to blame: its DNS, its sockets, its network or its own rules. */
export type ObserverTrouble = 'dns' | 'sockets' | 'network' | 'policy' | 'defect';

const OBSERVER_CODES: Readonly<Record<string, [ObserverTrouble, string]>> = {
  EAI_AGAIN: ['dns', 'the DNS of this process does not answer'],
  EMFILE: ['sockets', 'this process has no file descriptors left'],
  ENFILE: ['sockets', 'this machine has no file descriptors left'],
  ENOBUFS: ['sockets', 'this machine has no socket buffers left'],
  ENOMEM: ['sockets', 'this machine has no memory left for a socket'],
  EADDRNOTAVAIL: ['sockets', 'this machine has no local port left, or no address of that family'],
  ENETDOWN: ['network', 'the network of this machine is down'],
  ENETUNREACH: ['network', 'this machine has no route to that network'],
  EACCES: ['network', 'this machine forbids the connection'],
  EPERM: ['network', 'this machine forbids the connection'],
};

const TARGET_CODES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'has a host name that nobody knows',
  ENODATA: 'has a host name without such a record',
  ESERVFAIL: 'has a host name whose name servers do not answer',
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: 'cut the connection',
  ECONNABORTED: 'cut the connection',
  EPIPE: 'cut the connection',
  EHOSTUNREACH: 'cannot be reached',
  EHOSTDOWN: 'cannot be reached',
  ETIMEDOUT: 'does not answer',
  EPROTO: 'does not speak TLS there, or not our version of it',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS there',
  CERT_HAS_EXPIRED: 'shows a certificate that has expired',
  CERT_NOT_YET_VALID: 'shows a certificate that is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'shows a self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'shows a certificate of an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'shows a certificate of an authority that is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'does not send the whole chain of its certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'shows a certificate that is for another name',
};

/** Of our own code: what a target sends never makes one of these by itself. */
const DEFECTS = /^ReferenceError|AssertionError|ERR_INVALID_ARG|^CheckProcessError/;

/** The process of a check was lost, or could not be had. */
export class CheckProcessError extends Error {
  override readonly name = 'CheckProcessError';
}

/** Whether the observer, and what of it, is to blame for what was thrown; null: the target is. */
export function observerTrouble(error: unknown): ObserverTrouble | null {
  return judged(error).trouble;
}

/**
 * What a thrown thing says of `target` (host and port): down for what the target did, unknown where the observer could not ask. Its words are free
 * of connection strings as far as they are ours; runCheck takes out every secret of the config besides.
 */
export function outcomeOfError(error: unknown, target: string | null = null): CheckOutcome {
  const { trouble, words, deed } = judged(error);
  const message = deed === undefined ? words : `${target ?? 'The target'} ${deed} (${words}).`;
  return { found: trouble === null ? 'down' : 'unknown', message, latencyMs: null };
}

interface Judged {
  trouble: ObserverTrouble | null;
  /** The message; with a deed the code behind it. */
  words: string;
  /** What the target did, after its name. */
  deed?: string;
}

function judged(error: unknown): Judged {
  const chain = chainOf(error);
  const ours = chain.find(({ name }) => name === 'TargetForbiddenError' || name === 'ResolverError');
  if (ours) return { trouble: ours.name === 'ResolverError' ? 'dns' : 'policy', words: textOf(ours) };
  const many = chain.find(({ errors }) => Array.isArray(errors) && errors.length > 0)?.errors;
  return many ? ofMany(many) : (byCode(chain) ?? byText(chain));
}

/** The innermost code that is known here. */
function byCode(chain: readonly Link[]): Judged | null {
  for (const { code = '' } of [...chain].reverse()) {
    const observer = Object.hasOwn(OBSERVER_CODES, code) ? OBSERVER_CODES[code] : undefined;
    if (observer) return { trouble: observer[0], words: `Nothing is known: ${observer[1]} (${code}).` };
    if (Object.hasOwn(TARGET_CODES, code)) return { trouble: null, words: code, deed: TARGET_CODES[code] };
  }
  return null;
}

function byText(chain: readonly Link[]): Judged {
  const words = chain.map(textOf).find((text) => text !== '') ?? 'It failed without a reason.';
  const defect = chain.some(({ name = '', code = '' }) => DEFECTS.test(`${name} ${code}`));
  return { trouble: defect ? 'defect' : null, words };
}

/** One address of several that blames the target is enough: it was asked. */
function ofMany(errors: readonly unknown[]): Judged {
  const all = errors.slice(0, 20).map(judged);
  return all.find(({ trouble }) => trouble === null) ?? all[0]!;
}

interface Link {
  name?: string;
  code?: string;
  message?: string;
  errors?: unknown[];
}

/** The error and its causes, outermost first; at most eight. */
function chainOf(error: unknown): Link[] {
  const chain: Link[] = [];
  let link: unknown = error;
  while (typeof link === 'object' && link !== null && chain.length < 8) {
    const { name, code, message, errors, cause } = link as Link & { cause?: unknown };
    chain.push({ name, code: typeof code === 'string' ? code : undefined, message, errors });
    link = cause;
  }
  return chain.length > 0 ? chain : [{ message: textOf(error) }];
}
