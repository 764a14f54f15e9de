import { LeaderLease } from '../../ports/leader-lease.port.js';
import { defineDriver } from '../define-driver.js';
import { leaseVariables } from './lease.variables.js';
import { redisAddress, redisVariables } from './redis.variables.js';

/** The lease on Redis. Opening does not wait for Redis: it connects in the background, for ever. */
export default defineDriver({
  name: 'redis',
  port: LeaderLease,
  address: redisAddress,
  variables: redisVariables.safeExtend(leaseVariables),
  async open({ LEADER_KEY: key, LEADER_TTL_MS: ttlMs, ...options }, context) {
    const { RedisLink } = await import('./redis-link.js');
    const { RedisLeaderLease } = await import('./leader-lease.js');
    const link = await RedisLink.open(options, context);
    return new RedisLeaderLease(link, { key, ttlMs }, context);
  },
});
