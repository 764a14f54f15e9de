import { randomUUID } from 'node:crypto';
import { describeMonitorEvents } from '../../contracts/monitor-events.contract.js';
import { describeWithServers, startedRedis } from '../../support/servers/index.js';
import { openEvents } from './monitor-events-parts.js';

describeWithServers(['redis'], 'the port’s promises', () => {
  describeMonitorEvents('redis', async () => {
    const { url } = await startedRedis();
    const prefix = `test:${randomUUID()}:`;
    const here = await openEvents(url, { prefix });
    const there = await openEvents(url, { prefix });
    const close = async () => void (await Promise.all([here.close(5_000), there.close(5_000)]));
    return { here, there, close };
  });
});
