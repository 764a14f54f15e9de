import { join } from 'node:path';
import embedded from '../../../src/drivers/sql/sqlite/monitor-store.driver.js';
import { describeMonitorStore } from '../../contracts/monitor-store.contract.js';
import type { OpenStore } from '../../contracts/monitor-store.support.js';
import { driverContext } from '../../support/driver-context.js';
import {
  describeWithServers,
  startedMariadb,
  startedPostgres,
  type SharedSql,
} from '../../support/servers/index.js';
import { environmentOf, openSql } from './open-store.js';

const folder = driverContext().then(({ dataFolder }) => dataFolder);

async function opened(environment: Record<string, string>): Promise<OpenStore> {
  const { store } = await openSql(environment);
  return { store, close: async () => void (await store.close(10_000)) };
}

describeMonitorStore('embedded', async () => {
  const store = await embedded.open({}, { ...(await driverContext()), dataFolder: await folder });
  return { store, close: async () => void (await store.close(10_000)) };
});

describe('on a file', () => {
  describeMonitorStore('sql', async () =>
    opened({ DB_TYPE: 'SQLite', DB_NAME: join(await folder, 'named.db') }),
  );
});

function onServer(type: string, started: () => Promise<SharedSql>): void {
  let database: Promise<string> | undefined;
  describeMonitorStore('sql', async () => {
    const server = await started();
    database ??= server.fresh();
    return opened(environmentOf(type, server, await database));
  });
}

describeWithServers(['postgres'], 'on PostgreSQL', () => onServer('PostgreSQL', startedPostgres));
describeWithServers(['mariadb'], 'on MariaDB', () => onServer('mysql', startedMariadb));
