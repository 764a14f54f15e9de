import { createHash } from 'node:crypto';
import { httpProbe } from '../../core/http-probe.js';
import type { TargetNet } from '../targets/target-net.js';
import { unlessAborted } from '../targets/unless-aborted.js';
import type { HttpConfig } from './http-schema.js';
import { connectionTo } from './connection.js';

/** The token endpoint gave none: the check cannot be made, and so the target is down as it would be for its clients. */
export class TokenError extends Error {}

interface Token {
  value: string;
  /** Monotonic, milliseconds. */
  until: number;
}

const REQUEST_MS = 10_000;
/** Before its end no request begins with it. */
const SPARE_MS = 30_000;
const UNSAID_MS = 60_000;
const MOST_MS = 3_600_000;
const MOST_TOKENS = 1000;

/** Tokens of clients (RFC 6749, 4.4), kept until shortly before they end; one request for all who want the same one. */
export class OauthTokens {
  private readonly tokens = new Map<string, Token>();
  private readonly underWay = new Map<string, Promise<string>>();

  /** @throws TokenError, and what the connection throws */
  async tokenFor(config: HttpConfig, net: TargetNet, signal: AbortSignal): Promise<string> {
    const key = keyOf(config);
    const token = this.tokens.get(key);
    if (token && token.until > performance.now()) return token.value;
    let asked = this.underWay.get(key);
    if (!asked) {
      asked = this.ask(key, config, net).finally(() => this.underWay.delete(key));
      this.underWay.set(key, asked);
    }
    return unlessAborted(asked, signal);
  }

  has(config: HttpConfig): boolean {
    return (this.tokens.get(keyOf(config))?.until ?? 0) > performance.now();
  }

  /** The target does not take it. */
  forget(config: HttpConfig): void {
    this.tokens.delete(keyOf(config));
  }

  private async ask(key: string, config: HttpConfig, net: TargetNet): Promise<string> {
    const { value, lifeMs } = await requested(config, net);
    const [oldest] = this.tokens.size < MOST_TOKENS ? [] : this.tokens.keys();
    if (oldest !== undefined) this.tokens.delete(oldest);
    this.tokens.set(key, { value, until: performance.now() + Math.min(lifeMs, MOST_MS) - SPARE_MS });
    return value;
  }
}

async function requested(config: HttpConfig, net: TargetNet): Promise<{ value: string; lifeMs: number }> {
  const url = new URL(config.oauth_token_url);
  const signal = AbortSignal.timeout(REQUEST_MS);
  const { status, body } = await httpProbe({
    url,
    method: 'POST',
    ...tokenRequest(config),
    connect: connectionTo(url, net, signal, { rejectUnauthorized: !config.ignore_tls_errors }),
    signal,
    maxBodyBytes: 65_536,
  });
  if (status < 200 || status > 299) throw new TokenError(`the token endpoint ${url.host} answers ${status}`);
  const read = parsed(body) as { access_token?: unknown; expires_in?: unknown } | null;
  const value = read?.access_token;
  // What cannot stand in a header is no token.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value))
    throw new TokenError(`the token endpoint ${url.host} answers without an access_token`);
  const seconds = Number(read?.expires_in);
  return { value, lifeMs: seconds > 0 ? seconds * 1000 : UNSAID_MS };
}

function tokenRequest(config: HttpConfig): { headers: Record<string, string>; body: string } {
  const { oauth_client_id: id, oauth_client_secret: secret, oauth_scopes: scope } = config;
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope && { scope }) });
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
    'user-agent': 'carillon',
  };
  if (config.oauth_auth_method === 'client_secret_post') {
    form.set('client_id', id);
    form.set('client_secret', secret);
  } else {
    // RFC 6749, 2.3.1: both are encoded before they are joined.
    const [user, password] = [id, secret].map((part) =>
      new URLSearchParams([['', part]]).toString().slice(1),
    );
    headers.authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  }
  return { headers, body: form.toString() };
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

function keyOf(config: HttpConfig): string {
  const { oauth_token_url, oauth_client_id, oauth_client_secret, oauth_scopes, oauth_auth_method } = config;
  const parts = [oauth_token_url, oauth_client_id, oauth_client_secret, oauth_scopes, oauth_auth_method];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}
