import driver from '../../../src/drivers/embedded/idempotency-store.driver.js';
import { describeIdempotencyStore } from '../../contracts/idempotency-store.contract.js';
import { driverContext } from '../../support/driver-context.js';

const context = driverContext();

describeIdempotencyStore('embedded', async ({ maxKeys }) => {
  const { gateway, ...rest } = await context;
  const store = await driver.open(driver.variables.parse({}), {
    ...rest,
    gateway: { ...gateway, idempotencyMaxKeys: maxKeys },
  });
  return { store, end: async () => void (await store.close(5_000)) };
});
