import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';

export interface Found {
  address: string;
  family: 4 | 6;
}

const HOSTS = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';
const LOOK_AGAIN_MS = 5000;
const LOOPBACK: readonly Found[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** The names of the hosts file, read anew when it has changed. A file that cannot be read has none. */
export class HostsFile {
  private names: ReadonlyMap<string, readonly Found[]> = new Map();
  private lookedAt = -Infinity;
  private changedAt = -1;
  private looking: Promise<void> | null = null;

  constructor(private readonly path = HOSTS) {}

  /** `localhost`, and what lies below it, is this machine whatever a resolver says (RFC 6761, 6.3). */
  async addressesOf(name: string): Promise<readonly Found[] | undefined> {
    if (performance.now() - this.lookedAt > LOOK_AGAIN_MS) await (this.looking ??= this.look());
    const found = this.names.get(name);
    if (found) return found;
    return name === 'localhost' || name.endsWith('.localhost') ? LOOPBACK : undefined;
  }

  private async look(): Promise<void> {
    try {
      const { mtimeMs } = await stat(this.path);
      if (mtimeMs !== this.changedAt) this.names = parseHosts(await readFile(this.path, 'utf8'));
      this.changedAt = mtimeMs;
    } catch {
      this.names = new Map();
      this.changedAt = -1;
    }
    this.lookedAt = performance.now();
    this.looking = null;
  }
}

/** Source: hosts(5). */
export function parseHosts(text: string): Map<string, Found[]> {
  const names = new Map<string, Found[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    const found: Found = { address, family: familyOf(address) };
    for (const alias of aliases) {
      const name = alias.toLowerCase().replace(/\.$/, '');
      names.set(name, [...(names.get(name) ?? []), found]);
    }
  }
  return names;
}

export function familyOf(address: string): 4 | 6 {
  return address.includes(':') ? 6 : 4;
}

export interface SearchRule {
  domains: readonly string[];
  /** A name with fewer dots is looked for in the domains first. */
  ndots: number;
}

/** Of /etc/resolv.conf; nothing is searched where there is none. */
export async function readSearchRule(path = '/etc/resolv.conf'): Promise<SearchRule> {
  return parseSearchRule(await readFile(path, 'utf8').catch(() => ''));
}

/** Source: resolv.conf(5). The last of `search` and `domain` counts. */
export function parseSearchRule(text: string): SearchRule {
  let domains: string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [word, ...values] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    if (word === 'search' || word === 'domain') domains = values.filter((value) => value !== '.');
    const asked = word === 'options' ? values.find((value) => /^ndots:\d+$/.test(value)) : undefined;
    if (asked) ndots = Math.min(15, Number(asked.slice(6)));
  }
  return { domains: domains.slice(0, 32).map((domain) => domain.replace(/\.$/, '')), ndots };
}

/** What to ask for, in order. `isWhole`: it was written with a last dot. */
export function candidatesFor(name: string, isWhole: boolean, { domains, ndots }: SearchRule): string[] {
  if (isWhole) return [name];
  const searched = domains.map((domain) => `${name}.${domain}`).filter((long) => long.length <= 253);
  return name.split('.').length > ndots ? [name, ...searched] : [...searched, name];
}
