import recordLogDriver from '../../../src/drivers/embedded/record-log.driver.js';
import { describeRecordLog } from '../../contracts/record-log.contract.js';
import { unusedName } from '../../contracts/record-log.support.js';
import { driverContext } from '../../support/driver-context.js';

const context = driverContext();

describeRecordLog('embedded', async () => {
  const log = await recordLogDriver.open(recordLogDriver.variables.parse({}), await context);
  return { log, newTopic: unusedName, close: async () => void (await log.close(5_000)) };
});
