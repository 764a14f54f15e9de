import { Database } from '../../../../src/drivers/embedded/database.js';
import { embeddedVariables } from '../../../../src/drivers/embedded/embedded.variables.js';
import storeDriver from '../../../../src/drivers/embedded/idempotency-store.driver.js';
import exchangeDriver from '../../../../src/drivers/embedded/message-exchange.driver.js';
import logDriver from '../../../../src/drivers/embedded/record-log.driver.js';
import type { DriverContext } from '../../../../src/drivers/define-driver.js';

/** Both embedded drivers on one folder, and the file that they share. */
export async function openBoth(context: DriverContext, environment: Record<string, string> = {}) {
  const options = embeddedVariables.parse(environment);
  const log = await logDriver.open(options, context);
  const store = await storeDriver.open(options, context);
  const database = await Database.open(options, context);
  return {
    log,
    store,
    database,
    close: async () => {
      await database.release(5_000);
      await store.close(5_000);
      await log.close(5_000);
    },
  };
}

/** The embedded exchange, and its file. */
export async function openExchange(context: DriverContext, environment: Record<string, string> = {}) {
  const options = embeddedVariables.parse(environment);
  const exchange = await exchangeDriver.open(options, context);
  const database = await Database.open(options, context);
  return {
    exchange,
    database,
    close: async () => {
      await database.release(5_000);
      return exchange.close(5_000);
    },
  };
}
