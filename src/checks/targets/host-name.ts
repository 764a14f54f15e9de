import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

/** What a host is: an address, or a name in lower case without a last dot. */
export type Host = { kind: 'address'; address: string; family: 4 | 6 } | { kind: 'name'; name: string };

const NAME = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/;
const ENDS_IN_NUMBER = /(^|\.)(\d+|0x[0-9a-f]*)$/;

/**
 * Reads a host as URLs and the C library do: what ends in a number is an IPv4 address, be it short, octal or
 * hexadecimal (`127.1`, `0x7f.1`, `2130706433`; source: WHATWG URL, 3.5). Null when it can be no host.
 */
export function hostOf(text: string): Host | null {
  const bare = text.trim().replace(/^\[(.*)\]$/, '$1');
  const family = isIP(bare);
  if (family === 4 || family === 6) return { kind: 'address', address: bare, family };
  // Of `a/b` or `a@b` the function below would take a part.
  if (/[\s/?#@\\:%]/.test(bare)) return null;
  const ascii = domainToASCII(bare).toLowerCase();
  const name = ascii.replace(/\.$/, '');
  if (ENDS_IN_NUMBER.test(name)) return shortAddress(name);
  return name.length <= 253 && NAME.test(name) ? { kind: 'name', name } : null;
}

function shortAddress(text: string): Host | null {
  const url = `http://${text}/`;
  const address = URL.canParse(url) ? new URL(url).hostname : '';
  return isIP(address) === 4 ? { kind: 'address', address, family: 4 } : null;
}
