import type { DriverContext } from '../define-driver.js';
import { connectionSettings, type Patience } from './connection-settings.js';
import { MongoLink } from './link.js';
import { MongoMonitorStore } from './monitor-store.js';
import type { MongodbOptions } from './mongodb.variables.js';

/** Does not wait for the server: it connects in the background, for ever. @throws ConfigError what cannot be used as it is */
export async function openStore(
  options: MongodbOptions,
  context: DriverContext,
  patience?: Patience,
): Promise<MongoMonitorStore> {
  const settings = await connectionSettings(options, patience);
  return new MongoMonitorStore(await MongoLink.open(settings, options.DB_SYNC, context));
}
