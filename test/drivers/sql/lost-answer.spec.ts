import { expect, it } from '@jest/globals';
import { createOne, fields, judge, result } from '../../contracts/monitor-store.support.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startedMariadb,
  startedPostgres,
  type SharedSql,
} from '../../support/servers/index.js';
import { cuttingProxy } from './cutting-proxy.js';
import { environmentOf, openSql } from './open-store.js';

function losing(type: string, started: () => Promise<SharedSql>): void {
  it(
    'is told of what must not be done twice, and of nothing else',
    async () => {
      const server = await started();
      const proxy = await cuttingProxy(server.port);
      const database = await server.fresh();
      const { store } = await openSql(
        environmentOf(type, { ...server, host: '127.0.0.1', port: proxy.port }, database),
      );
      try {
        const { id } = await createOne(store);

        proxy.cut();
        await expect(store.create([fields()])).rejects.toMatchObject({
          code: 'OUTCOME_UNKNOWN',
          retryable: false,
        });
        expect(await store.count({})).toBe(2);

        const one = result(id, { found: 'down' });
        proxy.cut();
        await store.record([one], judge).catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE', retryable: true });
        });
        await store.record([one], judge);
        expect(proxy.cuts()).toBe(2);
        expect(await store.history(id, null, 10)).toHaveLength(1);
        expect((await store.uptime([id], one.plannedAt)).get(id)!.h24.down).toBe(1);
        expect((await store.states([id])).get(id)).toMatchObject({ failures: 1 });

        proxy.cut();
        await store.settleAlert('00000000-0000-4000-8000-000000000000', null);
        expect(proxy.cuts()).toBe(3);
        expect(store.trouble).toBeNull();
      } finally {
        await store.close(5_000);
        await proxy.stop();
      }
    },
    SERVER_START_MS,
  );
}

describeWithServers(['postgres'], 'a commit whose answer PostgreSQL lost', () =>
  losing('postgres', startedPostgres),
);
describeWithServers(['mariadb'], 'a commit whose answer MariaDB lost', () =>
  losing('mariadb', startedMariadb),
);
