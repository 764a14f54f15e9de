import { describeMonitorStore } from '../../contracts/monitor-store.contract.js';
import { SERVER_START_MS, describeWithServers, startedMongo } from '../../support/servers/index.js';
import { openForSuite } from './open-store.js';

describeWithServers(['mongo'], 'the driver for MongoDB', () => {
  let variables: Promise<Record<string, string>>;
  const fresh = async () => {
    const { host, fresh: name } = await startedMongo();
    return { DB_HOST: host, DB_NAME: name() };
  };
  describeMonitorStore('mongodb', async () => openForSuite(await (variables ??= fresh())), {
    timeoutMs: SERVER_START_MS,
  });
});
