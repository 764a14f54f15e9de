import { pino } from 'pino';
import driver from '../../../src/drivers/sql/monitor-store.driver.js';
import type { MonitorStore } from '../../../src/ports/monitor-store.port.js';
import { driverContext } from '../../support/driver-context.js';
import type { SharedSql } from '../../support/servers/index.js';

/** The driver with these variables, as the process would read them; `said`: its log, level and sentence. */
export async function openSql(
  environment: Record<string, string>,
): Promise<{ store: MonitorStore; said: string[]; metrics(): Promise<string> }> {
  const context = await driverContext();
  const said: string[] = [];
  const logger = pino(
    { level: 'info' },
    {
      write: (line: string) => {
        const { level, msg } = JSON.parse(line) as { level: number; msg: string };
        said.push(`${level} ${msg}`);
      },
    },
  );
  const store = await driver.open(driver.variables.parse(environment), { ...context, logger });
  return { store, said, metrics: () => context.metrics.metrics() };
}

/** The variables of a database on a server. */
export function environmentOf(
  type: string,
  { host, port, user, password }: Omit<SharedSql, 'run' | 'fresh'>,
  database: string,
): Record<string, string> {
  return {
    DB_TYPE: type,
    DB_HOST: host,
    DB_PORT: String(port),
    DB_NAME: database,
    DB_USER: user,
    DB_PASS: password,
    DB_POOL_SIZE: '5',
  };
}
