import type { IncomingMessage } from 'node:http';
import { isIPv4, isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import type { FastifyInstance } from 'fastify';
import type { HttpSettings } from '../config/app-config.js';
import { AppError } from '../core/errors.js';

/** A Host as RFC 9110 has it, without user and zone: a name or an IPv4 address, or an IPv6 address in brackets. */
const HOST = /^(?:([a-z0-9_.-]+)|\[([0-9a-f:.]+)\])(?::(\d{0,5}))?$/;
const CLUSTER_NAME = /\.svc(\.cluster\.local)?$/;
const HEALTH = /^\/health(?:[/?]|$)/;
const ABSOLUTE_TARGET = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i;
const MOST_PORT = 65_535;

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  if (isIPv4(name)) return name.startsWith('127.');
  return name === '::1' || name === 'localhost' || /^[a-z0-9_.-]+\.localhost$/.test(name);
}

/**
 * No web page may reach the service through a name of its own that resolves here (DNS rebinding), so a Host must be one
 * that only the operator can have set up. `*` in ALLOWED_HOSTS allows any. Else 421.
 */
export function guardHost(fastify: FastifyInstance, settings: HttpSettings): void {
  const isServed = servedHosts(settings);
  const isHealthOpen = !isLoopback(settings.host);
  // Clients keep to one name: what was good a moment ago is not taken apart again.
  let lastGood: string | undefined;
  const isGood = ({ headers: { host }, url = '' }: IncomingMessage): boolean => {
    const target = absoluteHost(url);
    if (target !== undefined && !isServed(target)) return false;
    if (host !== undefined && host === lastGood) return true;
    if (!isServed(host ?? '')) return false;
    lastGood = host;
    return true;
  };
  fastify.addHook('onRequest', ({ raw }, _reply, done) => {
    if (!hasOneHost(raw)) return done(new AppError('BAD_REQUEST', ONE_HOST));
    if (isGood(raw) || (isHealthOpen && HEALTH.test(raw.url ?? ''))) return done();
    done(new AppError('HOST_NOT_ALLOWED', NOT_SERVED));
  });
}

const ONE_HOST = 'The request must have exactly one Host header.';
const NOT_SERVED =
  'This Host is not served here: use localhost or an IP address, or add the name to ALLOWED_HOSTS.';

/** HTTP/1.0 may have none. */
function hasOneHost({ rawHeaders, httpVersionMinor }: IncomingMessage): boolean {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count === 1 || (count === 0 && httpVersionMinor === 0);
}

/** The host in a target such as `http://name/path`, which overrides the header. */
function absoluteHost(url: string): string | undefined {
  return url.startsWith('/') ? undefined : ABSOLUTE_TARGET.exec(url)?.[1];
}

/** Which values of a Host header are served. */
function servedHosts({ host, allowedHosts }: HttpSettings): (header: string) => boolean {
  if (allowedHosts.includes('*')) return () => true;
  const allowed = new Set(allowedHosts.map((name) => name.toLowerCase()));
  const isOpen = !isLoopback(host);
  if (isOpen) allowed.add(hostname().toLowerCase());
  return (header) => {
    const parsed = parseHost(header);
    if (parsed === undefined) return false;
    if (isLoopback(parsed) || allowed.has(parsed)) return true;
    return isOpen && (isAddress(parsed) || !parsed.includes('.') || CLUSTER_NAME.test(parsed));
  };
}

function isAddress(name: string): boolean {
  return isIPv4(name) || isIPv6(name);
}

/** The name or address of a Host header in lower case, without port and final dot; undefined when it is malformed. */
function parseHost(header: string): string | undefined {
  const [, name, ipv6, port = '0'] = HOST.exec(header.toLowerCase()) ?? [];
  if (Number(port) > MOST_PORT) return undefined;
  if (ipv6 !== undefined) return isIPv6(ipv6) ? ipv6 : undefined;
  return name?.endsWith('.') ? withoutDot(name) : name;
}

/** `ai.` is a domain of the Internet, unlike `ai`, which only a local resolver knows. */
function withoutDot(name: string): string | undefined {
  const plain = name.slice(0, -1);
  const isDomain = plain.includes('.') || plain === 'localhost';
  return isDomain && !plain.endsWith('.') ? plain : undefined;
}
