import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Client } from '../../../src/asynq/client.js';
import { eventually } from '../../support/eventually.js';
import { describeWithServers, startPrivateRedis, type RedisServer } from '../../support/servers/index.js';
import { Leases } from './open-lease.js';
import { closeQueues, openQueue } from './task-queue-parts.js';

const LOST = { code: 'LEASE_LOST', retryable: false };
const NEW_TASK = { type: 'monitor:healthcheck', payload: Buffer.from('{}'), queue: 'q' };
const task = (id: string) => ({ ...NEW_TASK, id, maxRetries: 1, timeoutMs: 1000, retentionMs: 0 });

describeWithServers(['redis-private'], 'the fence of a term', () => {
  let server: RedisServer;
  let leases: Leases;
  beforeEach(async () => {
    server = await startPrivateRedis();
    leases = new Leases(server.url);
  });
  afterEach(async () => {
    await closeQueues();
    await leases.close();
    await server.release();
  });
  const won = async () => {
    const { lease } = await leases.candidate();
    const term = await eventually(() => {
      expect(lease.term).not.toBeNull();
      return lease.term!;
    });
    return { lease, term };
  };
  /** All but the lease's own keys. */
  const written = async () => (await leases.redis.keys('asynq:*')).sort();

  it('lets its holder enqueue; once another one leads, Redis refuses the task queue and the client, and writes nothing', async () => {
    const { queue } = await openQueue(server.url);
    const client = new Client(leases.redis);
    const former = await won();
    expect(await queue.enqueueMany([task('1')], former.term.fence)).toEqual(['enqueued']);
    expect(await client.enqueueMany([task('2')], former.term.fence)).toEqual(['enqueued']);
    await former.lease.resign(1000);
    const present = await won();
    const before = await written();

    await expect(queue.enqueueMany([task('3')], former.term.fence)).rejects.toMatchObject(LOST);
    // As of a process that was stopped after it had asked its clock.
    const { key, holder } = former.term.fence;
    const believed = { key, holder, isHeld: true };
    await expect(queue.enqueueMany([task('3')], believed)).rejects.toMatchObject(LOST);
    await expect(client.enqueueMany([task('3')], believed)).rejects.toMatchObject({ name: 'LeaseLostError' });
    expect(await written()).toEqual(before);

    expect(await queue.enqueueMany([task('3')], present.term.fence)).toEqual(['enqueued']);
  });

  it('refuses a holder that Redis was silent to for longer than its lease', async () => {
    const { queue } = await openQueue(server.url);
    const { lease, term } = await won();
    await server.pause();
    await eventually(() => expect(lease.term).toBeNull());
    await lease.resign(0);
    await server.resume();
    await won();
    const { key, holder } = term.fence;
    await eventually(() =>
      expect(queue.enqueueMany([task('1')], { key, holder, isHeld: true })).rejects.toMatchObject(LOST),
    );
    expect(await written()).toEqual([]);
  });
});
