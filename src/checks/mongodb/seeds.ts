import { Resolver } from 'node:dns/promises';
import { closedAfter } from '../clients/closed-after.js';
import { ResolverError } from '../targets/target-net.js';
import type { MongoUrl } from './mongo-url.js';

const MOST_SEEDS = 10;
/** What a TXT record may set. */
const FROM_TXT = ['authSource'];

export interface Seeds {
  hosts: { host: string; port: number }[];
  params: URLSearchParams;
}

/** The servers that a connection string names, by itself or (`mongodb+srv`) by the DNS. @throws what Node's resolver throws */
export async function seedsOf({ srv, hosts, params }: MongoUrl, signal: AbortSignal): Promise<Seeds> {
  if (!srv) return { hosts: hosts.slice(0, MOST_SEEDS).map(readSeed), params };
  const [name] = hosts as [string];
  const resolver = new Resolver();
  return closedAfter(
    signal,
    () => resolver.cancel(),
    async () => {
      const [records, texts] = await Promise.all([
        resolver.resolveSrv(`_mongodb._tcp.${name}`).catch((error: Error) => {
          throw OF_RESOLVER.test(error.message) ? silent(name, error) : error;
        }),
        resolver.resolveTxt(name).catch(() => []),
      ]);
      return {
        hosts: records.slice(0, MOST_SEEDS).map(({ name: host, port }) => ({ host, port })),
        params: merged(params, new URLSearchParams(texts.flat().join(''))),
      };
    },
  );
}

/** The one that a connection string names first: with `mongodb+srv` the name that leads to them. */
export function firstSeed({ hosts: [first = ''] }: MongoUrl): { host: string; port: number } {
  return readSeed(first);
}

/** This machine's own, not the target. */
const OF_RESOLVER = /ETIMEOUT|ECONNREFUSED|EREFUSED/;

function silent(name: string, { message }: Error): ResolverError {
  return new ResolverError(`the servers of ${name} cannot be looked up: the resolver fails (${message})`);
}

function readSeed(text: string): { host: string; port: number } {
  const parts = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^:]+))(?::(?<port>\d+))?$/.exec(text)?.groups;
  return { host: decodeURIComponent(parts?.v6 ?? parts?.name ?? text), port: Number(parts?.port ?? 27017) };
}

function merged(params: URLSearchParams, text: URLSearchParams): URLSearchParams {
  const all = new URLSearchParams(params);
  for (const name of FROM_TXT) {
    const value = text.get(name);
    if (value !== null && !all.has(name)) all.set(name, value);
  }
  if (!all.has('tls') && !all.has('ssl')) all.set('tls', 'true');
  return all;
}
