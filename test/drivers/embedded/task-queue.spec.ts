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
