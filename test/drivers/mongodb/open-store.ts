import { pino } from 'pino';
import driver from '../../../src/drivers/mongodb/monitor-store.driver.js';
import type { Patience } from '../../../src/drivers/mongodb/connection-settings.js';
import { openStore as openMongo } from '../../../src/drivers/mongodb/open-store.js';
import type { DriverContext } from '../../../src/drivers/define-driver.js';
import type { MonitorStore } from '../../../src/ports/monitor-store.port.js';
import { driverContext } from '../../support/driver-context.js';
import type { OpenStore } from '../../contracts/monitor-store.support.js';

/** A context whose log is kept: the texts of its warnings and errors. */
export async function listeningContext(): Promise<DriverContext & { told: string[] }> {
  const told: string[] = [];
  const write = (line: string): void => {
    const { level, msg } = JSON.parse(line) as { level: number; msg: string };
    if (level >= 40) told.push(msg);
  };
  return { ...(await driverContext()), logger: pino({ level: 'debug' }, { write }), told };
}

/** So that a test does not wait as long as a process would. */
export const HASTE: Patience = { waitMs: 1_500, silenceMs: 3_000, heartbeatMs: 500 };

/** A store with variables as one would write them. */
export async function openStore(
  variables: Record<string, string>,
  context?: DriverContext,
  patience?: Patience,
): Promise<MonitorStore> {
  const options = driver.variables.parse({ DB_TYPE: 'mongodb', ...variables });
  const opened = context ?? (await driverContext());
  return patience ? openMongo(options, opened, patience) : driver.open(options, opened);
}

export async function openForSuite(variables: Record<string, string>): Promise<OpenStore> {
  const store = await openStore(variables);
  return { store, close: async () => void (await store.close(5_000)) };
}
