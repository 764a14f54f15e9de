import { randomUUID } from 'node:crypto';
import driver from '../../../src/drivers/embedded/task-queue.driver.js';
import { describeTaskQueue } from '../../contracts/task-queue.contract.js';
import { driverContext } from '../../support/driver-context.js';

describeTaskQueue('embedded', async () => {
  const queue = await driver.open(driver.variables.parse({}), await driverContext());
  return {
    queue,
    newName: () => `contract-${randomUUID()}`,
    newLease: () => {
      const lease = { key: 'lease', holder: 'host:1:a', isHeld: true };
      const lose = () => Promise.resolve(void (lease.isHeld = false));
      return Promise.resolve({ fence: lease, lose });
    },
    close: async () => void (await queue.close(5_000)),
  };
});

it('begins without a watermark, and has none any more when it is closed', async () => {
  const queue = await driver.open(driver.variables.parse({}), await driverContext());
  const fence = { key: 'lease', holder: 'host:1:a', isHeld: true };
  expect(await queue.watermark(fence)).toBeNull();
  await queue.enqueueMany([], fence, 5);
  expect(await queue.watermark(fence)).toBe(5);
  await queue.close(100);
  await expect(queue.watermark(fence)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
});
