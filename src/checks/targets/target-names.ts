import { promises as dns } from 'node:dns';
import { Turns } from '../../core/turns.js';
import { withDeadline } from '../../core/with-deadline.js';
import { ResolverPulse } from './resolver-pulse.js';
import {
  candidatesFor,
  familyOf,
  HostsFile,
  readSearchRule,
  type Found,
  type SearchRule,
} from './system-names.js';
import { ResolverError } from './target-net.js';

export type { Found } from './system-names.js';

const QUERY_MS = 1500;
/** The resolver's configuration is read anew so often. */
const RENEW_MS = 60_000;
const TTL_MS = { least: 1000, most: 30_000 };
const MOST_CACHED = 20_000;
const SYSTEM_MS = 3000;
const MOST_SYSTEM = 20;
/** So long an address is used after its time where the resolver has none (as RFC 8767 has it). */
const STALE_MS = 300_000;
/** After when such a one is used, and when a resolver that is dead as far as one knows is not waited for any longer. */
const PATIENCE_MS = 300;
/** After when a silent resolver is under suspicion. */
const SUSPECT_MS = 1000;
const ABSENT = new Set(['ENOTFOUND', 'ENODATA']);

export interface NamesOptions {
  /** `address:port`; those of the system unless given. */
  servers?: readonly string[];
  hosts?: HostsFile;
  /** How long the first of two tries waits for each server. */
  queryMs?: number;
}

/** A name without addresses: the target's own fault. */
class NameError extends Error {
  constructor(
    /** ENOTFOUND: it does not exist. ESERVFAIL: its name servers do not answer, while others do. */
    readonly code: 'ENOTFOUND' | 'ESERVFAIL',
    name: string,
  ) {
    super(code === 'ENOTFOUND' ? `the name ${name} is unknown` : `the name servers of ${name} do not answer`);
  }
}

/**
 * Addresses by name: the hosts file, then the resolver with the search list of resolv.conf. Not by getaddrinfo, which
 * holds one of the process's four threads for as long as a resolver is silent; only names that no resolver knows, and
 * that the system may know by other ways (`nas.local`), are asked there, one at a time.
 * IPv4 goes first. Kept for the time that the records say, 30 s at most, and used for longer while the resolver is
 * silent; one question for all who ask at once.
 */
export class TargetNames {
  private readonly cache = new Map<string, { found: readonly Found[]; until: number }>();
  private readonly underWay = new Map<string, Promise<readonly Found[]>>();
  private readonly pulse = new ResolverPulse();
  private readonly system = new Turns(1);
  private readonly hosts: HostsFile;
  private resolver: dns.Resolver | null = null;
  private rule: Promise<SearchRule> = Promise.resolve({ domains: [], ndots: 1 });
  private renewedAt = 0;
  private inSystem = 0;
  private askingRoot: Promise<void> | null = null;

  constructor(private readonly options: NamesOptions = {}) {
    this.hosts = options.hosts ?? new HostsFile();
  }

  /** `name` as `hostOf` gives it; `isWhole`: it ended in a dot. @throws ResolverError, an error ENOTFOUND or ESERVFAIL */
  async addressesOf(name: string, isWhole = false): Promise<readonly Found[]> {
    const key = isWhole ? `${name}.` : name;
    const cached = this.cache.get(key);
    const now = performance.now();
    if (cached && cached.until > now) return cached.found;
    const stale = stillUsable(cached, now);
    const answer = this.underWay.get(key) ?? this.begin(key, name, isWhole);
    try {
      return await this.patiently(answer, name, stale !== null);
    } catch (error) {
      if (stale && error instanceof ResolverError) return stale;
      this.cache.delete(key);
      throw error;
    }
  }

  /** Or not, where there is an address to go on with, or nothing to hope for. */
  private patiently<T>(answer: Promise<T>, name: string, hasStale: boolean): Promise<T> {
    if (!hasStale && this.pulse.state(performance.now()) !== 'dead') return answer;
    return withDeadline(answer, PATIENCE_MS, () => dead(name, 'no answer'));
  }

  private begin(key: string, name: string, isWhole: boolean): Promise<readonly Found[]> {
    const asked = this.ask(key, name, isWhole).finally(() => this.underWay.delete(key));
    this.underWay.set(key, asked);
    return asked;
  }

  private async ask(key: string, name: string, isWhole: boolean): Promise<readonly Found[]> {
    const known = await this.hosts.addressesOf(name);
    if (known) return known;
    const resolver = this.current();
    const suspicion = setTimeout(() => void this.suspect(resolver, name), SUSPECT_MS);
    const asked = { resolver, candidates: candidatesFor(name, isWhole, await this.rule) };
    const answer = await this.askAll(name, asked).finally(() => clearTimeout(suspicion));
    if (answer) return this.keep(key, answer);
    const found = name.includes('.') && !name.endsWith('.local') ? null : await this.askSystem(name);
    if (found) return this.keep(key, { found, ttlMs: TTL_MS.most });
    throw new NameError('ENOTFOUND', name);
  }

  /** Null: there is none of them. */
  private async askAll(name: string, asked: { resolver: dns.Resolver; candidates: string[] }) {
    let failure: unknown;
    for (const candidate of asked.candidates) {
      try {
        const answer = await addressRecords(asked.resolver, candidate);
        this.pulse.note(name, true, performance.now());
        if (answer) return answer;
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure) await this.fail(asked.resolver, name, failure);
    return null;
  }

  private keep(key: string, { found, ttlMs }: Answer): readonly Found[] {
    this.cache.delete(key);
    const [oldest] = this.cache.size < MOST_CACHED ? [] : this.cache.keys();
    if (oldest !== undefined) this.cache.delete(oldest);
    const time = Math.min(TTL_MS.most, Math.max(TTL_MS.least, ttlMs));
    this.cache.set(key, { found, until: performance.now() + time });
    return found;
  }

  private async fail(resolver: dns.Resolver, name: string, failure: unknown): Promise<never> {
    await this.suspect(resolver, name);
    if (this.pulse.state(performance.now()) !== 'alive') throw dead(name, codeOf(failure));
    throw new NameError('ESERVFAIL', name);
  }

  private async suspect(resolver: dns.Resolver, name: string): Promise<void> {
    this.pulse.note(name, false, performance.now());
    if (this.pulse.state(performance.now()) === 'dead') return;
    await (this.askingRoot ??= this.askRoot(resolver).finally(() => (this.askingRoot = null)));
  }

  /** Every resolver knows the root's name servers: what it says of them tells who is to blame. */
  private async askRoot(resolver: dns.Resolver): Promise<void> {
    const answer = resolver.resolveNs('.').then(
      () => true,
      (error: unknown) => ABSENT.has(codeOf(error)) || codeOf(error) === 'EREFUSED',
    );
    const isAnswered = await withDeadline(answer, SUSPECT_MS, () => new Error('late')).catch(() => false);
    this.pulse.noteRoot(isAnswered, performance.now());
  }

  private async askSystem(name: string): Promise<Found[] | null> {
    if (this.inSystem >= MOST_SYSTEM) throw dead(name, 'too many wait');
    this.inSystem += 1;
    try {
      const asked = this.system
        .run(() => dns.lookup(name, { all: true, order: 'ipv4first' }))
        .finally(() => (this.inSystem -= 1));
      const found = await withDeadline(asked, SYSTEM_MS, () => new Error('late'));
      return found.map(({ address }) => ({ address, family: familyOf(address) }));
    } catch {
      return null;
    }
  }

  private current(): dns.Resolver {
    const now = performance.now();
    if (this.resolver && now - this.renewedAt < RENEW_MS) return this.resolver;
    this.renewedAt = now;
    this.resolver = new dns.Resolver({ timeout: this.options.queryMs ?? QUERY_MS, tries: 2 });
    if (this.options.servers) this.resolver.setServers(this.options.servers);
    else this.rule = readSearchRule();
    return this.resolver;
  }
}

function stillUsable(cached: { found: readonly Found[]; until: number } | undefined, now: number) {
  return cached && cached.until + STALE_MS > now ? cached.found : null;
}

function dead(name: string, why: string): ResolverError {
  return new ResolverError(
    `the name ${name} cannot be looked up: the resolver of this machine fails (${why})`,
  );
}

interface Answer {
  found: Found[];
  ttlMs: number;
}

/** Null when there is no such name, or no address of it. @throws when the resolver gave no answer */
async function addressRecords(resolver: dns.Resolver, name: string): Promise<Answer | null> {
  const [v4, v6] = await Promise.allSettled([
    resolver.resolve4(name, { ttl: true }),
    resolver.resolve6(name, { ttl: true }),
  ]);
  const records = [v4, v6].flatMap((side) => (side.status === 'fulfilled' ? side.value : []));
  if (records.length > 0) {
    const found = records.map(({ address }) => ({ address, family: familyOf(address) }));
    return { found, ttlMs: Math.min(...records.map(({ ttl }) => ttl * 1000)) };
  }
  for (const side of [v4, v6])
    if (side.status === 'rejected' && !ABSENT.has(codeOf(side.reason))) throw side.reason;
  return null;
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? 'unknown';
}
