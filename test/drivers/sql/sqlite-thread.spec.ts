import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { expect, it } from '@jest/globals';
import { SqlLink } from '../../../src/drivers/sql/link.js';
import type { RawConnection } from '../../../src/drivers/sql/pool/raw-connection.js';
import { SqlMonitorStore } from '../../../src/drivers/sql/sql-monitor-store.js';
import { sqliteConnector } from '../../../src/drivers/sql/sqlite/connect.js';
import { sqlite } from '../../../src/drivers/sql/sqlite/flavour.js';
import { createOne, judge, result } from '../../contracts/monitor-store.support.js';
import { driverContext } from '../../support/driver-context.js';

it('a thread of SQLite that died is followed by another, and nothing is lost', async () => {
  const context = await driverContext();
  const file = join(context.dataFolder, 'thread.db');
  const opened: RawConnection[] = [];
  const open = sqliteConnector({ file, mayCreate: true });
  const connect = async (): Promise<RawConnection> => {
    const connection = await open();
    opened.push(connection);
    return connection;
  };
  const link = new SqlLink({ flavour: sqlite, connect, size: 1, place: file, mayMake: true }, context);
  expect(await link.start(10_000)).toBeNull();
  const store = new SqlMonitorStore('sql', link);
  const { id } = await createOne(store);
  await store.record([result(id)], judge);

  await (opened[0] as unknown as { worker: Worker }).worker.terminate();
  expect(await store.get([id])).toHaveLength(1);
  expect(await store.history(id, null, 10)).toHaveLength(1);
  expect(await store.record([result(id)], judge)).toHaveLength(1);
  expect(opened).toHaveLength(2);
  expect(store.trouble).toBeNull();
  expect(await store.close(5_000)).toBeNull();
});
