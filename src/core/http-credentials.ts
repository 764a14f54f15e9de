import { decoded } from './secret-text.js';

/** The user and password of a URL as a header's value; null when it has none. Source: RFC 7617. */
export function basicAuthorization({ username, password }: URL): string | null {
  if (username === '' && password === '') return null;
  const pair = `${decoded(username)}:${decoded(password)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

/** The same URL with nothing secret before its host. */
export function withoutUserInfo(url: URL): URL {
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return plain;
}
