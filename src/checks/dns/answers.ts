import type { Resolver } from 'node:dns/promises';

export const RECORD_TYPES = ['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

type Ask = (resolver: Resolver, name: string) => Promise<string[]>;

/** Each record as one text, the part that says where first. */
const ASK: Readonly<Record<RecordType, Ask>> = {
  A: (resolver, name) => resolver.resolve4(name),
  AAAA: (resolver, name) => resolver.resolve6(name),
  CAA: async (resolver, name) => (await resolver.resolveCaa(name)).map((record) => caa({ ...record })),
  CNAME: (resolver, name) => resolver.resolveCname(name),
  MX: async (resolver, name) =>
    (await resolver.resolveMx(name)).map(({ exchange, priority }) => `${exchange} ${priority}`),
  NS: (resolver, name) => resolver.resolveNs(name),
  PTR: (resolver, address) => resolver.reverse(address),
  SOA: async (resolver, name) => {
    const { nsname, hostmaster, serial } = await resolver.resolveSoa(name);
    return [`${nsname} ${hostmaster} ${serial}`];
  },
  SRV: async (resolver, name) =>
    (await resolver.resolveSrv(name)).map((record) => `${record.name}:${record.port}`),
  TXT: async (resolver, name) => (await resolver.resolveTxt(name)).map((parts) => parts.join('')),
};

/** @throws what Node's resolver throws */
export async function answersOf(resolver: Resolver, type: RecordType, name: string): Promise<string[]> {
  return ASK[type](resolver, name);
}

function caa({ critical, ...rest }: Record<string, unknown>): string {
  const tags = Object.entries(rest).filter(([tag]) => tag !== 'type');
  return tags.map(([tag, value]) => `${Number(critical) || 0} ${tag} "${String(value)}"`).join(' ');
}
