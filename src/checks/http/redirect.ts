import { SECRET_NAME } from '../../core/secret-text.js';

/** What is sent next; without the client's certificate and password once it has left its origin. */
export interface Hop {
  url: URL;
  method: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string | null;
  isFirstOrigin: boolean;
}

const FOLLOWED = new Set([301, 302, 303, 307, 308]);
const ABOUT_A_BODY = /^content-/;

export function isRedirect(status: number, location: string | undefined): location is string {
  return FOLLOWED.has(status) && location !== undefined && location !== '';
}

/**
 * Where a redirect leads, and with what: the rules of WHATWG Fetch, 4.4. Of the caller's headers every one whose name
 * tells of a secret stays behind when the origin changes. @throws Error when it leads to no http or https URL
 */
export function nextHop(hop: Hop, status: number, location: string): Hop {
  if (!URL.canParse(location, hop.url.href)) throw new Error('the redirect leads to no URL');
  const url = new URL(location, hop.url);
  if (!/^https?:$/.test(url.protocol)) throw new Error(`the redirect leads to a URL of ${url.protocol}`);
  url.username = '';
  url.password = '';
  const becomesGet =
    (status <= 302 && hop.method === 'POST') ||
    (status === 303 && hop.method !== 'GET' && hop.method !== 'HEAD');
  const isSameOrigin = url.origin === hop.url.origin;
  const headers = Object.entries(hop.headers).filter(
    ([name]) => (!becomesGet || !ABOUT_A_BODY.test(name)) && (isSameOrigin || isHarmless(name)),
  );
  return {
    url,
    method: becomesGet ? 'GET' : hop.method,
    headers: Object.fromEntries(headers),
    body: becomesGet ? null : hop.body,
    isFirstOrigin: hop.isFirstOrigin && isSameOrigin,
  };
}

function isHarmless(name: string): boolean {
  return name !== 'host' && !/cookie/.test(name) && !SECRET_NAME.test(name);
}
