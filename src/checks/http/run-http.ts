import { failureOf } from '../../core/http-failure.js';
import { hostPort } from '../clients/server-url.js';
import type { CheckContext, CheckOutcome } from '../define-check.js';
import { observerTrouble, outcomeOfError } from '../outcome-of-error.js';
import { down, stopwatch, unknown } from '../outcomes.js';
import { tlsOptions } from './connection.js';
import { firstHop } from './first-hop.js';
import { judgesBody, type HttpConfig } from './http-schema.js';
import { judgeVisit } from './judge-visit.js';
import { OauthTokens, TokenError } from './oauth-token.js';
import { visit, VisitError, type Visit } from './visit.js';

/** Of zlib. */
const NOT_DECODED = /^(Z_|ERR_BROTLI|ERR__ERROR)/;

const tokens = new OauthTokens();

/** One look at a URL, as all three http checks take it. */
export async function runHttp(config: HttpConfig, context: CheckContext): Promise<CheckOutcome> {
  const elapsed = stopwatch();
  try {
    tlsOptions(config);
  } catch {
    return unknown(
      'The client has no usable certificate: tlsCert, tlsKey or tlsCa is no PEM, or they do not fit.',
    );
  }
  try {
    const seen = await visited(config, context);
    return await judgeVisit(seen, config, context, elapsed);
  } catch (error) {
    return outcomeOf(error, config, context.signal);
  }
}

/** Host and port: what is not asked too often at once. */
export function httpTarget({ url }: HttpConfig): string {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return hostPort(host, Number(port) || (protocol === 'https:' ? 443 : 80));
}

/** Whether a check with this config looks at a body, its own or that of a token: others leave bodies undecoded. */
export function readsBodies(config: HttpConfig): boolean {
  return judgesBody(config) || config.authMethod === 'oauth2-cc';
}

async function visited(config: HttpConfig, context: CheckContext): Promise<Visit> {
  if (config.authMethod !== 'oauth2-cc') return visit(firstHop(config, null), config, context);
  const { net, signal } = context;
  const wasKept = tokens.has(config);
  const seen = await visit(firstHop(config, await tokens.tokenFor(config, net, signal)), config, context);
  if (seen.answer.status !== 401) return seen;
  tokens.forget(config);
  if (!wasKept) return seen;
  // It may have been revoked meanwhile.
  return visit(firstHop(config, await tokens.tokenFor(config, net, signal)), config, context);
}

function outcomeOf(error: unknown, config: HttpConfig, signal: AbortSignal): CheckOutcome {
  const cause = error instanceof VisitError ? error.cause : error;
  // The runner knows how to speak of these.
  if (signal.aborted || observerTrouble(cause) !== null) throw cause;
  if (cause instanceof TokenError) return down(`No token: ${cause.message}.`);
  const { host } = error instanceof VisitError ? error.hop.url : new URL(config.url);
  const { code = (cause as Error).name } = cause as { code?: string };
  if (/^(UND_ERR|HPE_|HTTPParserError)/.test(code)) return down(`${failureOf(cause, host).reason}.`);
  if (NOT_DECODED.test(code))
    return down(`The body of ${host} is not as its content-encoding says (${code}).`);
  return outcomeOfError(cause, host);
}
