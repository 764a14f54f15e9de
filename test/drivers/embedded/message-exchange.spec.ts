import { randomUUID } from 'node:crypto';
import driver from '../../../src/drivers/embedded/message-exchange.driver.js';
import { describeMessageExchange } from '../../contracts/message-exchange.contract.js';
import { driverContext } from '../../support/driver-context.js';

const context = driverContext();

describeMessageExchange('embedded', async () => {
  const exchange = await driver.open(driver.variables.parse({}), await context);
  return {
    exchange,
    newName: () => `contract-${randomUUID()}`,
    close: async () => void (await exchange.close(5_000)),
  };
});
