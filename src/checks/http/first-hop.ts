import { basicAuthorization, withoutUserInfo } from '../../core/http-credentials.js';
import { READABLE_ENCODINGS } from '../../core/http-probe.js';
import { headersOf } from './headers.js';
import type { HttpConfig } from './http-schema.js';
import type { Hop } from './redirect.js';

const CONTENT_TYPES = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  xml: 'application/xml',
  text: 'text/plain',
} as const;

/** The first request; `token` for oauth2-cc. What the config says of access goes before its headers. */
export function firstHop(config: HttpConfig, token: string | null): Hop {
  const { method, encoding, body } = config;
  const url = new URL(config.url);
  const authorization = authorizationOf(config, url, token);
  const headers = {
    'user-agent': 'carillon',
    accept: '*/*',
    'accept-encoding': READABLE_ENCODINGS,
    ...(body !== '' && { 'content-type': CONTENT_TYPES[encoding] }),
    ...headersOf(config.headers),
    ...(authorization && { authorization }),
  };
  return { url: withoutUserInfo(url), method, headers, body: body === '' ? null : body, isFirstOrigin: true };
}

function authorizationOf(config: HttpConfig, url: URL, token: string | null): string | null {
  if (token !== null) return `Bearer ${token}`;
  if (config.authMethod !== 'basic') return basicAuthorization(url);
  const pair = `${config.basic_auth_user}:${config.basic_auth_pass}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}
