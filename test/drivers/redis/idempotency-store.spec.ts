import { describeIdempotencyStore } from '../../contracts/idempotency-store.contract.js';
import { describeWithServers, startedRedis } from '../../support/servers/index.js';
import { openStore } from './idempotency-parts.js';

/** No other suite has it. */
const DATABASE = '61';

describeWithServers(['redis'], 'the port’s promises', () => {
  describeIdempotencyStore('redis', async ({ maxKeys }) => {
    const { url } = await startedRedis();
    const store = await openStore(url, {
      variables: { REDIS_DB: DATABASE },
      gateway: { idempotencyMaxKeys: maxKeys },
    });
    return { store, end: async () => void (await store.close(5_000)) };
  });
});
