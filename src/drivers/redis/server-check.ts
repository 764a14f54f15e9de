import { CLUSTER, type RedisFailure } from './meanings.js';

/** What INFO tells, by its fields' names; empty where the user may not ask. */
export type ServerInfo = Readonly<Record<string, string | undefined>>;

const OLDEST = [6, 2] as const;

/** Why this server cannot be used; null when it can. */
export function refusalOf(info: ServerInfo): RedisFailure | null {
  const { redis_version: version } = info;
  if (version === undefined) {
    return {
      kind: 'permission',
      words: 'does not permit INFO',
      advice: 'Grant it to the user: ACL SETUSER <user> +info; see docs/operations.md.',
    };
  }
  if (info.redis_mode === 'sentinel') {
    return {
      kind: 'mode',
      words: 'is a Sentinel, not a server',
      advice: 'Write its address in REDIS_SENTINELS.',
    };
  }
  if (isTooOld(version)) {
    return {
      kind: 'version',
      words: `is of version ${version}, which is too old`,
      advice: 'Use Redis 6.2 or newer, or Valkey.',
    };
  }
  if (info.cluster_enabled === '1' || info.redis_mode === 'cluster') return CLUSTER;
  if (info.role === 'slave') {
    return {
      kind: 'readonly',
      words: 'is a replica and takes no writes',
      advice: 'Name the primary, or let Sentinels find it: REDIS_SENTINELS.',
    };
  }
  return null;
}

/** What no waiting mends: whoever runs this service has named the wrong server. */
export function isForGood({ kind }: RedisFailure): boolean {
  return kind === 'version' || kind === 'cluster' || kind === 'mode';
}

/** What is dangerous about a server that can be used; null when nothing is. */
export function warningOf({ maxmemory_policy: policy, maxmemory }: ServerInfo): string | null {
  if (policy === undefined || policy === 'noeviction' || maxmemory === '0') return null;
  return `throws keys away when it is full (maxmemory-policy ${policy}): tasks, keys and the lease may get lost. Set it to noeviction`;
}

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}
