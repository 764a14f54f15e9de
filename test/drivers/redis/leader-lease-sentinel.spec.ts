import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startRedisSentinels } from '../../support/servers/index.js';
import { faults, Watch } from './lease-intervals.js';
import { Leases } from './open-lease.js';

describeWithServers(['redis-sentinel'], 'the lease behind Sentinels', () => {
  it('has never two holders over a fail-over, and numbers rise', async () => {
    const set = await startRedisSentinels();
    const leases = new Leases(set.servers[0].url, 1500, {
      REDIS_SENTINELS: set.sentinels.join(','),
      REDIS_SENTINEL_NAME: set.name,
    });
    try {
      const candidates = await Promise.all([1, 2, 3].map(() => leases.candidate()));
      const watch = new Watch(candidates.map(({ lease }) => lease));
      await eventually(() => expect(watch.intervals).toHaveLength(1), 20_000);
      await set.failover();
      await delay(3 * leases.ttlMs);
      await eventually(() => expect(candidates.filter(({ lease }) => lease.term)).toHaveLength(1), 20_000);
      await watch.stop();
      expect(faults(watch.intervals)).toEqual([]);
    } finally {
      await leases.close();
      await set.release();
    }
  }, 90_000);
});
