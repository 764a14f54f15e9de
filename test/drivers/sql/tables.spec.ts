import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { MonitorStore } from '../../../src/ports/monitor-store.port.js';
import { createOne } from '../../contracts/monitor-store.support.js';
import { driverContext } from '../../support/driver-context.js';
import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startedMariadb,
  startedPostgres,
  type SharedSql,
} from '../../support/servers/index.js';
import { environmentOf, openSql } from './open-store.js';

const PROCESSES = 8;

/** What holds wherever tables are made; `prepare` answers the variables of an empty database. */
function making(prepare: () => Promise<Record<string, string>>): void {
  it(
    'makes them once when many start at the same time',
    async () => {
      const environment = await prepare();
      const opened = await Promise.all(Array.from({ length: PROCESSES }, () => openSql(environment)));
      for (const { store } of opened) expect(await store.count({})).toBe(0);
      const all = opened.flatMap(({ said }) => said);
      expect(all.filter((line) => line.includes('Tables that were made'))).toHaveLength(1);
      expect(all.filter((line) => /^[56]0/.test(line))).toEqual([]);
      await Promise.all(opened.map(({ store }) => store.close(5_000)));
    },
    SERVER_START_MS,
  );

  it(
    'makes nothing with DB_SYNC=off, refuses to start and says what to run; then it starts',
    async () => {
      const environment = await prepare();
      const off = { ...environment, DB_SYNC: 'off' };
      const refusal = await openSql(off).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(refusal).toMatch(/DB_SYNC=off.*no monitors, carillon_monitors,/);
      expect(refusal).toMatch(/create table if not exists .carillon_results. \(/);
      await expect(openSql(off)).rejects.toMatchObject({ name: 'ConfigError' });
      const { store } = await openSql(environment);
      await createOne(store);
      await store.close(5_000);
      const second = await openSql(off);
      expect(await second.store.count({})).toBe(1);
      await second.store.close(5_000);
    },
    SERVER_START_MS,
  );
}

function onServer(type: string, started: () => Promise<SharedSql>): void {
  making(async () => {
    const server = await started();
    return environmentOf(type, server, await server.fresh());
  });

  it('that are dropped meanwhile are made again, and said to be missing with DB_SYNC=off', async () => {
    const server = await started();
    const database = await server.fresh();
    const environment = environmentOf(type, server, database);
    const own = await openSql(environment);
    const off = await openSql({ ...environment, DB_SYNC: 'off' });
    await server.run(database, 'drop table carillon_states');
    await expect(off.store.states(['11111111-1111-4111-8111-111111111111'])).rejects.toMatchObject({
      code: 'MONITOR_STORE_UNAVAILABLE',
    });
    await eventually(() => expect(off.store.trouble?.message).toContain('create table if not exists'));
    expect(off.said.join('\n')).toContain('create table if not exists');
    expect(off.said.join('\n')).not.toContain('carillon_results');
    await own.store.states(['11111111-1111-4111-8111-111111111111']).catch(() => undefined);
    await eventually(async () => expect((await own.store.states([])).size).toBe(0));
    await eventually(async () => expect(await off.store.count({})).toBe(0));
    expect(off.store.trouble).toBeNull();
    await Promise.all([own.store.close(5_000), off.store.close(5_000)]);
  });

  it('that another program made otherwise are refused by the names of what they lack', async () => {
    const server = await started();
    const database = await server.fresh();
    await server.run(database, 'create table monitors (id char(36) primary key, name varchar(10))');
    await expect(openSql(environmentOf(type, server, database))).rejects.toThrow(
      /monitors lacks the columns type, interval, active, status, config, created_at, updated_at/,
    );
  });
}

describe('tables in SQLite', () => {
  making(async () => ({
    DB_TYPE: 'sqlite',
    DB_NAME: join((await driverContext()).dataFolder, 'shared.db'),
  }));

  it('are not made with DB_SYNC=off, nor is the file', async () => {
    const file = join((await driverContext()).dataFolder, 'absent.db');
    await expect(openSql({ DB_TYPE: 'sqlite', DB_NAME: file, DB_SYNC: 'off' })).rejects.toThrow(/absent\.db/);
    expect(existsSync(file)).toBe(false);
  });

  it('cannot be where no file of SQLite can be', async () => {
    const { dataFolder } = await driverContext();
    const file = join(dataFolder, 'text.db');
    await writeFile(
      file,
      'no database at all, but text that is long enough to be looked at as one'.repeat(20),
    );
    for (const path of [file, join(dataFolder, 'no-such-folder', 'x.db')])
      await expect(openSql({ DB_TYPE: 'sqlite', DB_NAME: path })).rejects.toThrow(/can be read and written/);
  });
});

describeWithServers(['postgres'], 'tables in PostgreSQL', () => {
  onServer('postgres', startedPostgres);

  it('are asked for when the user may not make them', async () => {
    const server = await startedPostgres();
    const database = await server.fresh();
    const user = `least_${database}`;
    await server.run(database, `create user ${user} password 'x'`);
    await server.run(database, 'revoke create on schema public from public');
    const environment = { ...environmentOf('postgres', server, database), DB_USER: user, DB_PASS: 'x' };
    const { store } = await openSql(environment);
    await eventually(() => expect(store.trouble?.message).toMatch(/create tables, or run this/));
    const other = await openSql(environmentOf('postgres', server, database));
    await other.store.close(5_000);
    await server.run(
      database,
      `grant select, insert, update, delete on all tables in schema public to ${user}`,
    );
    await eventually(async () => expect(await store.count({})).toBe(0));
    const used: MonitorStore = store;
    await createOne(used);
    expect(store.trouble).toBeNull();
    await store.close(5_000);
  });
});

describeWithServers(['mariadb'], 'tables in MariaDB', () => onServer('mariadb', startedMariadb));
