import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { MonitorStore } from '../../../src/ports/monitor-store.port.js';
import { judge, result } from '../../contracts/monitor-store.support.js';
import { driverContext } from '../../support/driver-context.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startedMariadb,
  startedPostgres,
  type SqlRow,
} from '../../support/servers/index.js';
import { environmentOf, openSql } from './open-store.js';

const ONE = '11111111-1111-4111-8111-111111111111';
const TWO = '22222222-2222-4222-8222-222222222222';
const THREE = '33333333-3333-4333-8333-333333333333';
const CREATED = Date.UTC(2025, 9, 2, 10, 0, 0);

interface Existing {
  environment: Record<string, string>;
  /** The table as another program sees it. */
  table(): Promise<SqlRow[]>;
  /** Its columns, in order. */
  columns(): Promise<unknown>;
  run(sql: string): Promise<unknown>;
}

/** What everybody who reads a table of Peekaping's must make of it. */
function reads(title: string, prepare: () => Promise<Existing>, unitMs: number): void {
  let existing: Existing;
  let store: MonitorStore;
  beforeAll(async () => {
    existing = await prepare();
    ({ store } = await openSql(existing.environment));
  }, SERVER_START_MS);
  afterAll(async () => void (await store?.close(5_000)));

  it(`${title}: is read as it is`, async () => {
    const monitors = await store.page({}, null, 10);
    expect(monitors).toEqual([
      expect.objectContaining({
        id: ONE, type: 'http', interval: 60, timeout: 16, active: true, status: 1, createdAt: CREATED,
        updatedAt: CREATED + 1_000, config: { url: 'https://example.org' }, cron: null, priority: 'default', tags: [],
      }),
      expect.objectContaining({ id: TWO, active: false, status: 2, config: null, maxRetries: 0 }),
      expect.objectContaining({ id: THREE, active: true, status: 0, createdAt: CREATED }),
    ]); // prettier-ignore
    expect((await store.schedules(null, 10)).map(({ id }) => id)).toEqual([ONE, THREE]);
    const edited = await store.schedulesChangedSince(CREATED + 1_000, null, 10);
    expect(edited.map(({ id }) => id)).toEqual([ONE]);
    expect((await store.quiet(CREATED + 181_000, null, 10)).map(({ id }) => id)).toEqual([ONE, THREE]);
  });

  it(`${title}: keeps its form and its rows while it is used`, async () => {
    const [columns, before] = [await existing.columns(), await existing.table()];
    await store.record([result(ONE, { found: 'down' }), result(THREE, { found: 'down' })], judge);
    await store.update(TWO, { tags: ['ours'], cron: '0 * * * *' });
    expect(await existing.columns()).toEqual(columns);
    const after = await existing.table();
    expect(after[0]).toEqual({ ...before[0], status: 0 }); // also where the table raises updated_at by itself
    expect(after[1]).toEqual({ ...before[1], updated_at: after[1]!.updated_at });
    expect(after[2]).toEqual(before[2]);
    expect(await store.get([TWO])).toMatchObject([{ tags: ['ours'], cron: '0 * * * *' }]);
  });

  it(`${title}: takes new ones, and edits that come fast`, async () => {
    const [given] = await store.get([ONE]);
    const [fresh] = await store.create([{ ...given!, id: undefined, name: 'fresh', active: false }]);
    expect(await store.get([fresh!.id])).toEqual([fresh]);
    let last = fresh!.updatedAt;
    for (const name of ['a', 'b', 'c']) {
      const { updatedAt } = await store.update(fresh!.id, { name });
      expect(updatedAt - last).toBeGreaterThanOrEqual(unitMs);
      last = updatedAt;
    }
  });

  it(`${title}: loses monitors to another program, and what was ours of them when it is pruned`, async () => {
    await existing.run(`delete from monitors where id = '${THREE}'`);
    expect(await store.record([result(THREE)], judge)).toEqual([]);
    const nothing = { resultsBefore: 0, rollupsBefore: 0, alertsBefore: 0 };
    expect(await store.prune(nothing, new AbortController().signal)).toBe(1);
    expect((await store.states([THREE])).size).toBe(0);
    expect((await store.states([ONE])).size).toBe(1);
  });

  it(`${title}: gives one that comes again under its old id nothing of the earlier one's`, async () => {
    const [given] = await store.get([TWO]);
    await store.record([result(TWO, { found: 'down' })], judge);
    await existing.run(`delete from monitors where id = '${TWO}'`);
    await store.create([{ ...given!, cron: null, tags: [] }]);
    expect(await store.get([TWO])).toMatchObject([{ id: TWO, cron: null, tags: [] }]);
    expect((await store.states([TWO])).size).toBe(0);
  });
}

const PEEKAPING = `"interval" int not null, timeout int, max_retries int default 0, retry_interval int, resend_interval int,
  active boolean default true, status int`;

const ROWS = (times: [string, string][], json: (text: string) => string = (text) => `'${text}'`) => `
  insert into monitors (id, type, name, "interval", timeout, active, status, config, created_at, updated_at, extra) values
  ('${ONE}', 'http', 'one', 60, 16, true, 1, ${json('{"url":"https://example.org"}')}, ${times[0]!.join(', ')}, 'kept'),
  ('${TWO}', 'tcp', 'two', 20, null, false, null, null, ${times[1]!.join(', ')}, null),
  ('${THREE}', 'ping', 'three', 60, 16, true, 0, ${json('{}')}, ${times[1]!.join(', ')}, null)`;

const UTC: [string, string][] = [
  [`'2025-10-02 10:00:00'`, `'2025-10-02 10:00:01'`],
  [`'2025-10-02 10:00:00'`, `'2025-10-02 10:00:00'`],
];

describeWithServers(['postgres'], 'a table of Peekaping’s in PostgreSQL', () => {
  const forms = [
    ['uuid, jsonb, timestamptz', 'uuid', 'jsonb', 'timestamptz', '+00', 1],
    ['varchar, text, timestamp(0)', 'varchar(40)', 'text', 'timestamp(0)', '', 1000],
  ] as const;
  for (const [title, id, json, time, zone, unitMs] of forms) {
    const prepare = async (): Promise<Existing> => {
      const server = await startedPostgres();
      const database = await server.fresh();
      const run = (sql: string) => server.run(database, sql);
      await run(`alter database ${database} set timezone to 'America/New_York'`);
      await run(`create table monitors (id ${id} primary key, type varchar(20), name varchar(150), ${PEEKAPING},
        config ${json}, created_at ${time}, updated_at ${time}, proxy_id uuid, push_token text, extra text)`);
      await run(ROWS(UTC.map((pair) => pair.map((at) => at.replace(/'$/, `${zone}'`)) as [string, string])));
      return {
        environment: environmentOf('postgresql', server, database),
        run,
        table: () => run('select * from monitors order by id'),
        columns: () =>
          run(`select column_name, data_type from information_schema.columns where table_name = 'monitors'`),
      };
    };
    reads(title, prepare, unitMs);
  }
});

describeWithServers(['mariadb'], 'a table of Peekaping’s in MariaDB', () => {
  const forms = [
    ['char(36), json, datetime', 'char(36)', 'json', 'datetime', 1000],
    ['varchar, longtext, timestamp(6)', 'varchar(64)', 'longtext', 'timestamp(6)', 1],
  ] as const;
  for (const [title, id, json, time, unitMs] of forms) {
    const prepare = async (): Promise<Existing> => {
      const server = await startedMariadb();
      const database = await server.fresh();
      const run = (sql: string) => server.run(database, `${sql.replaceAll('"interval"', '`interval`')}`);
      await run(
        `create table monitors (id ${id} character set utf8mb4 collate utf8mb4_general_ci primary key,
        type varchar(20), name varchar(150), ${PEEKAPING}, config ${json}, created_at ${time} not null default current_timestamp,
        updated_at ${time} not null default current_timestamp${unitMs === 1 ? '(6)' : ''} on update current_timestamp${unitMs === 1 ? '(6)' : ''},
        extra text)`.replace(
          /timestamp\(6\) not null default current_timestamp,/,
          'timestamp(6) not null default current_timestamp(6),',
        ),
      );
      await run(`${ROWS(UTC)}`);
      return {
        environment: environmentOf('mariadb', server, database),
        run,
        table: () => run('select * from monitors order by id'),
        columns: () => run(`show full columns from monitors`),
      };
    };
    reads(title, prepare, unitMs);
  }
});

describe('a table of Peekaping’s in SQLite', () => {
  const forms: [string, string, [string, string][], number][] = [
    ['text, as Go writes it', 'timestamp', [[`'2025-10-02 10:00:00+00:00'`, `'2025-10-02 10:00:01.0000001+00:00'`], [`'2025-10-02T10:00:00Z'`, `'2025-10-02T10:00:00Z'`]], 1],
    ['seconds', 'integer', [['1759399200', '1759399201'], ['1759399200', '1759399200']], 1000],
    ['milliseconds', 'bigint', [['1759399200000', '1759399201000'], ['1759399200000', '1759399200000']], 1],
  ]; // prettier-ignore
  for (const [title, time, times, unitMs] of forms) {
    const prepare = async (): Promise<Existing> => {
      const file = join((await driverContext()).dataFolder, 'peekaping.db');
      const run = (sql: string): Promise<SqlRow[]> => {
        const db = new DatabaseSync(file, { timeout: 5_000 });
        try {
          return Promise.resolve(db.prepare(sql).all() as SqlRow[]);
        } finally {
          db.close();
        }
      };
      await run(`create table monitors (id varchar(36) primary key, type varchar(20), name varchar(150), ${PEEKAPING},
        config text, created_at ${time}, updated_at ${time}, push_token text, extra text)`);
      await run(ROWS(times));
      return {
        environment: { DB_TYPE: 'sqlite', DB_NAME: file },
        run,
        table: () => run('select * from monitors order by id'),
        columns: () => run("select * from pragma_table_info('monitors')"),
      };
    };
    reads(title, prepare, unitMs);
  }
});
