/** A connection string of MongoDB, whose hosts may be many. Source: its specification "Connection String Spec". */
export interface MongoUrl {
  srv: boolean;
  /** `user:password@`, as it is written. */
  login: string;
  /** `host` or `host:port`, as they are written. */
  hosts: readonly string[];
  database: string;
  params: URLSearchParams;
}

const FORM =
  /^mongodb(?<srv>\+srv)?:\/\/(?<login>[^@/?]*@)?(?<hosts>[^@/?]+)(?:\/(?<database>[^?]*))?(?:\?(?<query>.*))?$/;

export function readMongoUrl(text: string): MongoUrl | null {
  const parts = FORM.exec(text)?.groups;
  if (!parts) return null;
  const hosts = hostsIn(parts.hosts!);
  const srv = parts.srv !== undefined;
  if (hosts.length === 0 || (srv && (hosts.length > 1 || hosts[0]!.includes(':')))) return null;
  const { login = '', database = '', query = '' } = parts;
  return { srv, login, hosts, database, params: new URLSearchParams(query) };
}

/** None when one of them cannot be decoded. */
function hostsIn(text: string): string[] {
  if (/%(?![\da-f]{2})|%[89a-f][\da-f]/i.test(text)) return [];
  return text.split(',').filter((host) => host !== '' && !host.includes('%2F'));
}

/** All that is taken: others lead elsewhere, read files of this machine, or open more than one connection. */
const OURS = new Set([
  'authsource',
  'authmechanism',
  'tls',
  'ssl',
  'tlsinsecure',
  'tlsallowinvalidcertificates',
  'tlsallowinvalidhostnames',
]);

/** The rest (MONGODB-OIDC, MONGODB-AWS, GSSAPI) would send the credentials of this machine to the server that is checked. */
export const MECHANISMS = ['DEFAULT', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'PLAIN'] as const;

/** False when the login is of a kind that no check uses. */
export function hasKnownLogin({ params }: MongoUrl): boolean {
  const asked = [...params].filter(([name]) => name.toLowerCase() === 'authmechanism');
  return asked.every(([, value]) => MECHANISMS.some((known) => known === value));
}

/** The same login, database and parameters at one address. */
export function withHost({ login, database, params }: MongoUrl, host: string): string {
  const kept = new URLSearchParams();
  for (const [name, value] of params) if (OURS.has(name.toLowerCase())) kept.set(name.toLowerCase(), value);
  return `mongodb://${login}${host}/${database}?${kept.toString()}`;
}
