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
  });
});
