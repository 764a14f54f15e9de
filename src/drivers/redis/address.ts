import { isIP } from 'node:net';

/** Where one server listens. */
export interface HostPort {
  host: string;
  port: number;
}

/** What REDIS_URL says; what it leaves out is undefined. */
export interface UrlAddress extends HostPort {
  tls: boolean;
  username: string | undefined;
  password: string | undefined;
  db: number | undefined;
}

export const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;
const ENCODE =
  'percent-encode what is neither letter nor digit in the user and the password (/ is %2F, # is %23)';

/** The longest name that DNS knows, characters. */
const LONGEST_NAME = 253;
const HOST_NAME = /^[a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?$/i;

/** Whether it is a host name or an IP address alone: what a user put there with a password is never shown as a host. */
export function isHost(value: string): boolean {
  return isIP(value) !== 0 || (value.length <= LONGEST_NAME && HOST_NAME.test(value));
}

/** What a URL names, or the rule that it breaks: never a part of its value, which may hold a password. */
export function readUrl(value: string): UrlAddress | string {
  const text = value.trim();
  if (!/^rediss?:\/\//i.test(text)) return 'must begin with redis:// or rediss:// (TLS)';
  if (!URL.canParse(text)) return `must be a URL such as redis://user:password@host:6379/0; ${ENCODE}`;
  const url = new URL(text);
  // What stands after a bare / ? # in a password is taken for a path, a query, a fragment.
  if (/@/.test(url.pathname + url.search + url.hash)) return `must have no @ after the host; ${ENCODE}`;
  if (url.hash) return `must have no #; ${ENCODE}`;
  if (url.search)
    return 'must have no ?options: variables such as REDIS_COMMAND_TIMEOUT_MS are in their place';
  if (!url.hostname) return 'must name a host';
  if (!/^\/?\d{0,5}$/.test(url.pathname)) return 'must have the number of a database as its path, or no path';
  try {
    const address = addressOf(url);
    return isHost(address.host) ? address : `must name a host by its name or IP address; ${ENCODE}`;
  } catch {
    return `must be percent-encoded properly: a bare % is %25; ${ENCODE}`;
  }
}

/** @throws URIError when a part is not percent-encoded properly */
function addressOf(url: URL): UrlAddress {
  const database = url.pathname.slice(1);
  return {
    host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ''),
    port: url.port === '' ? REDIS_PORT : Number(url.port),
    tls: url.protocol.toLowerCase() === 'rediss:',
    username: decodeURIComponent(url.username) || undefined,
    password: decodeURIComponent(url.password) || undefined,
    db: database === '' ? undefined : Number(database),
  };
}

const HOST_PORT = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/;

/** `host:port,…`, or the rule that it breaks. The port is 26379 where it is left out. */
export function readSentinels(value: string): HostPort[] | string {
  const words = value.split(',').map((word) => word.trim());
  const nodes = words.filter((word) => word !== '').map(readHostPort);
  const known = nodes.filter((node) => node !== undefined);
  if (known.length === 0 || known.length < nodes.length)
    return 'must be host:port of each Sentinel, divided by commas';
  return known;
}

function readHostPort(word: string): HostPort | undefined {
  const [, named = '', port = SENTINEL_PORT] = HOST_PORT.exec(word) ?? [];
  const host = named.replace(/^\[|\]$/g, '');
  return isHost(host) && Number(port) <= 65_535 ? { host, port: Number(port) } : undefined;
}
