import ipaddr from 'ipaddr.js';
import { formsOf, matches, parseAddress } from './address-level.js';
import { hostOf } from './host-name.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Entry =
  | { kind: 'network'; network: [Address, number] }
  | { kind: 'name'; name: string }
  /** Every name below `name`, not `name` itself. */
  | { kind: 'below'; name: string };

/** The words of CHECK_ALLOW or CHECK_DENY. Malformed ones are passed over: `listMistakes` has refused them before. */
export class TargetList {
  private readonly networks: [Address, number][] = [];
  private readonly names = new Set<string>();
  private readonly below: string[] = [];

  constructor(words: readonly string[]) {
    for (const word of words) {
      const entry = entryOf(word);
      if (entry?.kind === 'network') this.networks.push(entry.network);
      if (entry?.kind === 'name') this.names.add(entry.name);
      if (entry?.kind === 'below') this.below.push(`.${entry.name}`);
    }
  }

  /** `name` as `hostOf` gives it. */
  hasName(name: string): boolean {
    return this.names.has(name) || this.below.some((end) => name.endsWith(end));
  }

  hasAddress(address: Address): boolean {
    return this.networks.some((network) => matches(address, network));
  }

  /** Also where a translator or a tunnel would lead to an address of the list. */
  hasAnyFormOf(address: Address): boolean {
    return formsOf(address).some((form) => this.hasAddress(form));
  }
}

/** A sentence's end for each word that is no entry: `"10.0.0.0/40" is no …`. */
export function listMistakes(words: readonly string[]): string[] {
  const form =
    'a host name, a `*.` name, an address or a network such as 10.1.0.0/16, without scheme, port or path';
  return words
    .filter((word) => entryOf(word) === null)
    .map((word) => `has ${JSON.stringify(word)}, which is not ${form}`);
}

function entryOf(word: string): Entry | null {
  if (word.includes('/')) return networkOf(word);
  const address = parseAddress(word);
  if (address) return { kind: 'network', network: [address, address.kind() === 'ipv4' ? 32 : 128] };
  const host = hostOf(word.replace(/^\*\./, ''));
  // Short or octal forms of addresses would be read as people do not mean them.
  if (host?.kind !== 'name') return null;
  return { kind: word.startsWith('*.') ? 'below' : 'name', name: host.name };
}

function networkOf(word: string): Entry | null {
  const [, base = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(word) ?? [];
  const address = parseAddress(base);
  if (!address) return null;
  // `::ffff:10.0.0.0/104` is read as IPv4: the bits before it go off.
  const isIpv4 = address.kind() === 'ipv4';
  const size = Number(bits) - (isIpv4 && base.includes(':') ? 96 : 0);
  const fits = size >= 0 && size <= (isIpv4 ? 32 : 128);
  return fits ? { kind: 'network', network: [address, size] } : null;
}
