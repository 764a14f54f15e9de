import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  describeWithServers,
  SERVER_START_MS,
  startedMariadb,
  startedPostgres,
  startPrivateMariadb,
  startPrivatePostgres,
  type PrivateSql,
} from './index.js';

const kinds = [
  { name: 'postgres', started: startedPostgres, startPrivate: startPrivatePostgres },
  { name: 'mariadb', started: startedMariadb, startPrivate: startPrivateMariadb },
] as const;

for (const { name, started, startPrivate } of kinds) {
  describeWithServers([name], `the shared ${name}`, () => {
    it(
      'is the same each time, and has a database for everybody who asks',
      async () => {
        const shared = await started();
        expect((await started()).port).toBe(shared.port);
        const [one, other] = [await shared.fresh(), await shared.fresh()];
        await shared.run(one, 'create table only_here (id integer)');
        await shared.run(one, 'insert into only_here values (7)');
        expect(await shared.run(one, 'select id from only_here')).toEqual([{ id: 7 }]);
        await expect(shared.run(other, 'select id from only_here')).rejects.toThrow('only_here');
      },
      SERVER_START_MS,
    );
  });

  describeWithServers([`${name}-private`], `a ${name} of one’s own`, () => {
    let server: PrivateSql;
    beforeAll(async () => {
      server = await startPrivate({ tls: true, password: 'odd \'"p\\w' });
    }, SERVER_START_MS);
    afterAll(() => server?.release());

    it(
      'keeps its data when it is killed, and is paused and stopped',
      async () => {
        const database = await server.fresh();
        await server.run(database, 'create table kept (id integer)');
        await server.kill();
        await expect(server.run(database, 'select 1')).rejects.toThrow();
        await server.start();
        expect(await server.run(database, 'select id from kept')).toEqual([]);
        await server.pause();
        const answer = server.run(database, 'select 8 as n');
        const first = await Promise.race([
          answer,
          new Promise((resolve) => setTimeout(resolve, 300, 'silent')),
        ]);
        expect(first).toBe('silent');
        await server.resume();
        expect(await answer).toEqual([{ n: 8 }]);
        await server.stop();
        await expect(server.run(database, 'select 1')).rejects.toThrow();
      },
      SERVER_START_MS,
    );
  });
}
