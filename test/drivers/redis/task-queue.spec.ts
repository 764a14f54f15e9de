import { randomUUID } from 'node:crypto';
import driver from '../../../src/drivers/redis/task-queue.driver.js';
import { describeTaskQueue } from '../../contracts/task-queue.contract.js';
import { driverContext } from '../../support/driver-context.js';
import { describeWithServers, startedRedis } from '../../support/servers/index.js';
import { openQueue, rawClient } from './task-queue-parts.js';

/** No other suite has it. */
const DATABASE = 57;

describeWithServers(['redis'], 'the port’s promises', () => {
  describeTaskQueue('redis', async () => {
    const { url } = await startedRedis();
    const { queue } = await openQueue(url, { REDIS_DB: String(DATABASE) });
    const other = rawClient(url, DATABASE);
    return {
      queue,
      newName: () => `contract-${randomUUID()}`,
      newLease: async () => {
        const fence = { key: `lease-${randomUUID()}`, holder: 'host:1:ours', isHeld: true };
        await other.set(fence.key, fence.holder, 'PX', 60_000);
        return { fence, lose: async () => void (await other.set(fence.key, 'host:2:theirs', 'PX', 60_000)) };
      },
      close: async () => {
        await queue.close(5_000);
        other.disconnect();
      },
    };
  });

  it('are those of the driver that the environment chooses', async () => {
    const { url } = await startedRedis();
    const variables = driver.variables.parse({ REDIS_URL: url, REDIS_DB: String(DATABASE) });
    const queue = await driver.open(variables, await driverContext());
    await queue.ping();
    expect(driver.address).toContain('REDIS_HOST');
    expect(await queue.close(1_000)).toBeNull();
    await expect(queue.watermark({ key: 'lease' })).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('keep the watermark as digits, and take nothing else for one', async () => {
    const { url } = await startedRedis();
    const database = DATABASE + 1;
    const { queue } = await openQueue(url, { REDIS_DB: String(database) });
    const other = rawClient(url, database);
    const fence = { key: 'lease', holder: 'host:1:a', isHeld: true };
    const key = 'carillon:scheduler:watermark:lease';
    await other.del(key, 'lease');
    expect(await queue.watermark(fence)).toBeNull();
    await other.set('lease', 'host:1:a');
    await queue.enqueueMany([], fence, 1_763_750_000_123);
    expect(await other.get(key)).toBe('1763750000123');
    expect(await other.ttl(key)).toBe(-1);
    await other.set(key, '1.5e12');
    expect(await queue.watermark(fence)).toBeNull();
    await other.del(key);
    await other.hset(key, 'a', 'b');
    await expect(queue.watermark(fence)).rejects.toMatchObject({ code: 'TASK_QUEUE_UNAVAILABLE' });
    await queue.enqueueMany([], fence, 5);
    expect(await queue.watermark(fence)).toBe(5);
    await queue.close(1_000);
    other.disconnect();
  });
});
