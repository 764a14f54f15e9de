import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createOne, judge, result } from '../../contracts/monitor-store.support.js';
import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateMariadb,
  startPrivatePostgres,
  type PrivateSql,
  type SqlServerOptions,
} from '../../support/servers/index.js';
import { environmentOf, openSql } from './open-store.js';

const PASSWORD = 'odd \'"p\\w';

interface Kind {
  type: string;
  start: (options: SqlServerOptions) => Promise<PrivateSql>;
}

const KINDS: Record<string, Kind> = {
  'postgres-private': { type: 'postgres', start: startPrivatePostgres },
  'mariadb-private': { type: 'mariadb', start: startPrivateMariadb },
};

/** What a driver makes of a server that is refused, refuses, is gone or says nothing. */
function trouble({ type, start }: Kind): void {
  let server: PrivateSql;
  let environment: Record<string, string>;
  beforeAll(async () => {
    server = await start({ password: PASSWORD, tls: true });
    environment = environmentOf(type, server, await server.fresh());
  }, SERVER_START_MS);
  afterAll(() => server?.release());

  const cases: [string, Record<string, string>, RegExp][] = [
    ['a wrong password', { DB_PASS: 'wrong-secret' }, /refuses the login.*DB_USER and DB_PASS/],
    ['no password', { DB_PASS: '' }, /refuses the login.*DB_USER and DB_PASS/],
    ['a wrong database', { DB_NAME: 'no_such_database' }, /no database of this name.*DB_NAME/],
    ['a wrong port', { DB_PORT: '1' }, /cannot be reached.*DB_HOST and DB_PORT/],
    ['a host that is not there', { DB_HOST: 'no-such-host.invalid' }, /cannot be reached.*DB_HOST/],
    ['a certificate that nobody vouches for', { DB_TLS: 'on' }, /do not agree on TLS.*DB_TLS_CA_FILE/],
  ];
  it.each(cases)(
    '%s: starts, says so and what to check, and no password',
    async (_title, wrong, sentence) => {
      const opened = await openSql({ ...environment, ...wrong });
      const { store, said } = opened;
      await eventually(() => expect(store.trouble?.message).toMatch(sentence));
      expect(store.trouble).toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE', retryable: true });
      await expect(store.count({})).rejects.toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE' });
      expect(said.filter((line) => line.startsWith('50 '))).toHaveLength(1);
      expect(said.join('\n')).toMatch(sentence);
      expect(`${said.join('\n')} ${store.trouble!.message}`).not.toMatch(/wrong-secret|odd/);
      expect(await opened.metrics()).toMatch(
        /carillon_database_errors_total\{kind="(login|database|away|tls)"\} [1-9]/,
      );
      expect(await store.close(5_000)).toBeNull();
    },
  );

  it('talks TLS to a server that its CA vouches for, and to any where it is told to', async () => {
    const ways: Record<string, string>[] = [
      { DB_TLS: 'on', DB_TLS_CA_FILE: server.caFile! },
      { DB_TLS: 'insecure' },
    ];
    for (const tls of ways) {
      const { store } = await openSql({ ...environment, ...tls });
      expect(await store.count({})).toBeGreaterThanOrEqual(0);
      const encrypted =
        type === 'postgres'
          ? `select count(*)::int as n from pg_stat_ssl join pg_stat_activity using (pid) where ssl and application_name = 'carillon'`
          : `select count(*) as n from information_schema.processlist where db = '${environment.DB_NAME}'`;
      const [row] = await server.run(environment.DB_NAME!, encrypted);
      expect(Number(row!.n)).toBeGreaterThan(0);
      await store.close(5_000);
    }
  });

  it(
    'comes back by itself from a server that was killed, and what was recorded is there',
    async () => {
      const { store, said } = await openSql(environment);
      const { id } = await createOne(store);
      await store.record([result(id)], judge);
      await server.kill();
      await expect(store.get([id])).rejects.toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE' });
      await expect(store.record([result(id)], judge)).rejects.toMatchObject({ retryable: true });
      expect(store.trouble?.message).toMatch(/cannot be reached|broke the connection off/);
      await server.start();
      await eventually(async () => expect(await store.get([id])).toHaveLength(1));
      expect(store.trouble).toBeNull();
      expect(await store.history(id, null, 10)).toHaveLength(1);
      expect(said.filter((line) => /: over after/.test(line)).length).toBeGreaterThan(0);
      await store.close(5_000);
    },
    SERVER_START_MS,
  );

  it(
    'opens while the server is away, and serves once it is there',
    async () => {
      await server.stop();
      const { store } = await openSql(environment);
      await expect(store.count({})).rejects.toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE' });
      await server.start();
      await eventually(async () => expect(await store.count({})).toBeGreaterThanOrEqual(0));
      await store.close(5_000);
    },
    SERVER_START_MS,
  );

  it(
    'gives a server up that says nothing, and does not wait for ever',
    async () => {
      const { store } = await openSql(environment);
      const { id } = await createOne(store);
      await server.pause();
      const began = performance.now();
      await expect(store.get([id])).rejects.toMatchObject({ code: 'MONITOR_STORE_UNAVAILABLE' });
      expect(performance.now() - began).toBeLessThan(60_000);
      expect(store.trouble?.message).toMatch(/took too long|cannot be reached/);
      await server.resume();
      await eventually(async () => expect(await store.get([id])).toHaveLength(1));
      await store.close(5_000);
    },
    SERVER_START_MS,
  );

  it(
    'records for the same monitors from many connections at once, each result once',
    async () => {
      const opened = await Promise.all([openSql(environment), openSql(environment), openSql(environment)]);
      const stores = opened.map(({ store }) => store);
      const monitors = await Promise.all(Array.from({ length: 30 }, () => createOne(stores[0]!)));
      const results = Array.from({ length: 300 }, (_, i) => result(monitors[i % 30]!.id));
      const calls = Array.from({ length: 30 }, (_, i) => {
        const share = results.filter((_one, n) => (n * 7 + i) % 4 !== 0);
        return stores[i % 3]!.record(i % 2 ? share : share.reverse(), judge);
      });
      const fresh = (await Promise.all(calls)).flat().map(({ id }) => id);
      expect(fresh.sort()).toEqual(results.map(({ id }) => id).sort());
      const uptime = await stores[1]!.uptime(
        monitors.map(({ id }) => id),
        results.at(-1)!.plannedAt,
      );
      for (const { d30 } of uptime.values()) expect(d30.up).toBe(10);
      await Promise.all(stores.map((store) => store.close(5_000)));
    },
    SERVER_START_MS,
  );
}

for (const [name, kind] of Object.entries(KINDS))
  describeWithServers([name as 'postgres-private'], `trouble with ${kind.type}`, () => trouble(kind));

describeWithServers(['postgres-private'], 'a PostgreSQL without TLS, or with nothing else', () => {
  it.each([
    [false, 'on'],
    ['only' as const, 'off'],
  ])(
    'TLS there: %s, DB_TLS: %s',
    async (tls, wanted) => {
      const server = await startPrivatePostgres({ tls });
      try {
        const { store } = await openSql({ ...environmentOf('postgres', server, 'postgres'), DB_TLS: wanted });
        await eventually(() => expect(store.trouble?.message).toMatch(/do not agree on TLS/));
        await store.close(5_000);
      } finally {
        await server.release();
      }
    },
    SERVER_START_MS,
  );
});
