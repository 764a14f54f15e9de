import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** The least CHECK_TARGETS that lets an address be asked. */
export type AddressLevel = 'public' | 'private' | 'any';

/** Where clouds keep metadata outside of the link-local networks: nothing else is ever asked there. */
const METADATA = [
  '168.63.129.16/32', // Azure
  '100.100.100.200/32', // Alibaba Cloud
  'fd00:ec2::/32', // Amazon
  'fd20:ce::254/128', // Google
  'fd00:42::42/128', // Scaleway
  'fd00:c1::/32', // Oracle
].map((network) => ipaddr.parseCIDR(network));

const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

const PUBLIC = new Set(['unicast', 'as112', 'amt', 'as112v6']);
const PRIVATE = new Set(['private', 'carrierGradeNat', 'uniqueLocal']);

/**
 * Of an address as `parseAddress` gives it. Public is what IANA's special-purpose registries (RFC 6890) call globally
 * reachable unicast; private are RFC 1918, RFC 6598 and RFC 4193. All else is `any`: loopback, link-local, unspecified,
 * multicast, broadcast, documentation, benchmarking, reserved, tunnels (6to4, Teredo), metadata.
 */
export function levelOf(address: Address): AddressLevel {
  if (METADATA.some((network) => matches(address, network))) return 'any';
  const range = address.range();
  if (range === 'rfc6052') return levelBehindNat64(address as ipaddr.IPv6);
  if (PRIVATE.has(range)) return 'private';
  if (!PUBLIC.has(range)) return 'any';
  return address.kind() === 'ipv4' || matches(address, GLOBAL_UNICAST) ? 'public' : 'any';
}

/** A literal in its usual form, IPv4 within IPv6 (`::ffff:`) as the IPv4 that it is; null when it is none. */
export function parseAddress(text: string): Address | null {
  const family = isIP(text);
  if (family === 0) return null;
  // Two addresses of one form: ipaddr.js reads `::1.2.3.4` as if it were mapped, the system does not.
  return ipaddr.process(family === 4 ? text : hexadecimal(text));
}

function hexadecimal(ipv6: string): string {
  return new URL(`http://[${ipv6.replace(/%.*$/, '')}]/`).hostname.slice(1, -1);
}

/** The address, and those of IPv4 that a router on the way may make of it: a list that denies one denies all forms. */
export function formsOf(address: Address): Address[] {
  if (address.kind() === 'ipv4') return [address];
  const bytes = address.toByteArray();
  const embedded: number[][] = [];
  const range = address.range();
  if (range === 'rfc6052' || range === 'rfc6145' || bytes.slice(0, 12).every((byte) => byte === 0))
    embedded.push(bytes.slice(12));
  if (range === '6to4') embedded.push(bytes.slice(2, 6));
  // The server's address, and the client's with every bit turned (RFC 4380, 4).
  if (range === 'teredo')
    embedded.push(
      bytes.slice(4, 8),
      bytes.slice(12).map((byte) => byte ^ 255),
    );
  return [address, ...embedded.map((four) => new ipaddr.IPv4(four))];
}

export function matches(address: Address, [network, bits]: [Address, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits);
}

/** A translator of the well-known prefix (RFC 6052) asks the IPv4 address in the last 32 bits. */
function levelBehindNat64(address: ipaddr.IPv6): AddressLevel {
  const bytes = address.toByteArray();
  const isWellKnown = bytes.slice(4, 12).every((byte) => byte === 0);
  return isWellKnown ? levelOf(new ipaddr.IPv4(bytes.slice(12))) : 'any';
}
