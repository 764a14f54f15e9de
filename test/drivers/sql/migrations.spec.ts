import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, describe, expect, it } from '@jest/globals';
import { openSqlStore } from '../../../src/drivers/sql/open-store.js';
import { MIGRATIONS, type Migration } from '../../../src/drivers/sql/schema/migrations.js';
import { sqlVariables } from '../../../src/drivers/sql/sql.variables.js';
import { createOne } from '../../contracts/monitor-store.support.js';
import { driverContext } from '../../support/driver-context.js';
import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startedMariadb,
  startedPostgres,
  type SharedSql,
  type SqlRow,
} from '../../support/servers/index.js';
import { environmentOf, openSql } from './open-store.js';

const PROCESSES = 8;
const CHILD = fileURLToPath(new URL('open-in-process.mjs', import.meta.url));

const children = new Set<ChildProcess>();
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

interface Database {
  environment: Record<string, string>;
  run(sql: string): Promise<SqlRow[]>;
}

/** As a later program has them: a column and a table more. */
const LATER: readonly Migration[] = [
  ...MIGRATIONS,
  { version: 2, columns: ({ types }) => [['carillon_states', ['colour', types.word, `default 'red'`]]] },
  {
    version: 3,
    tables: ({ types }) => [
      { name: 'carillon_notes', columns: [['id', types.uuid, 'not null']], primaryKey: ['id'] },
    ],
  },
];

const VERSIONS = 'select version, applied_at from carillon_migrations order by version';

async function opened(environment: Record<string, string>, migrations: readonly Migration[]) {
  return openSqlStore(sqlVariables.parse(environment), await driverContext(), { migrations });
}

/** What holds in every database; `prepare` makes an empty one. */
function migrating(prepare: () => Promise<Database>): void {
  const versions = async (database: Database) =>
    (await database.run(VERSIONS)).map(({ version }) => Number(version));

  it(
    'run once when many processes start at the same time',
    async () => {
      const database = await prepare();
      const found = Array.from({ length: PROCESSES }, () => {
        const child = fork(CHILD, [JSON.stringify(database.environment)], { execArgv: [] });
        children.add(child);
        return child;
      });
      await Promise.all(found.map((child) => once(child, 'message')));
      const answers = found.map(async (child) => {
        child.send('go');
        const [answer] = (await Promise.race([
          once(child, 'message'),
          once(child, 'exit').then(([code]) => Promise.reject(new Error(`a process ended with ${code}`))),
        ])) as [{ count: number; said: string[] }];
        return answer;
      });
      const all = await Promise.all(answers);
      expect(all.map(({ count }) => count)).toEqual(all.map(() => 0));
      const said = all.flatMap((one) => one.said);
      expect(said.filter((line) => line.includes('Tables that were made'))).toHaveLength(1);
      expect(said.filter((line) => /^[456]0/.test(line))).toEqual([]);
      expect(await versions(database)).toEqual(MIGRATIONS.map(({ version }) => version));
    },
    SERVER_START_MS,
  );

  it(
    'run in order, each once, over tables that are in use',
    async () => {
      const database = await prepare();
      const first = await openSql(database.environment);
      const { id } = await createOne(first.store);
      await first.store.markSilent([
        { kind: 'silent', monitorId: id, from: null, to: null, at: 1, latencyMs: null, message: '' },
      ]);
      await first.store.close(5_000);
      const [before] = await database.run(VERSIONS);
      for (let time = 0; time < 2; time += 1) {
        const store = await opened(database.environment, LATER);
        expect((await store.states([id])).get(id)).toMatchObject({ silentSince: 1 });
        await store.close(5_000);
      }
      expect(await versions(database)).toEqual([1, 2, 3]);
      expect((await database.run(VERSIONS))[0]).toEqual(before);
      expect(await database.run('select colour from carillon_states')).toEqual([{ colour: 'red' }]);
      expect(await database.run('select id from carillon_notes')).toEqual([]);
    },
    SERVER_START_MS,
  );

  it(
    'go on where a process died in the middle of them',
    async () => {
      const database = await prepare();
      await (await opened(database.environment, MIGRATIONS)).close(5_000);
      await database.run(`alter table carillon_states add column colour varchar(20) default 'red'`);
      const store = await opened(database.environment, LATER);
      expect(await store.count({})).toBe(0);
      expect(await versions(database)).toEqual([1, 2, 3]);
      await store.close(5_000);
    },
    SERVER_START_MS,
  );

  it(
    'of a newer program are refused with the versions',
    async () => {
      const database = await prepare();
      await (await opened(database.environment, LATER)).close(5_000);
      for (const sync of ['own', 'off'])
        await expect(openSql({ ...database.environment, DB_SYNC: sync })).rejects.toMatchObject({
          name: 'ConfigError',
          message: expect.stringMatching(
            /version 3, and this program knows version 1: start the newer/,
          ) as unknown,
        });
      expect(await versions(database)).toEqual([1, 2, 3]);
    },
    SERVER_START_MS,
  );

  it(
    'are printed with DB_SYNC=off, and it starts when they were run by hand',
    async () => {
      const database = await prepare();
      await (await opened(database.environment, MIGRATIONS)).close(5_000);
      const off = { ...database.environment, DB_SYNC: 'off' };
      const refusal = await opened(off, LATER).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(refusal).toMatch(
        /DB_SYNC=off nothing is made, and it has no carillon_states.colour, carillon_notes/,
      );
      expect(refusal).not.toContain('carillon_results');
      expect(await versions(database)).toEqual([1]);
      const [, script = ''] = refusal.split('run this:\n');
      for (const statement of script.split(';\n')) await database.run(statement.replace(/;$/, ''));
      expect(await versions(database)).toEqual([1, 2, 3]);
      const store = await opened(off, LATER);
      await eventually(async () => expect(await store.count({})).toBe(0));
      await store.close(5_000);
    },
    SERVER_START_MS,
  );
}

function onServer(type: string, started: () => Promise<SharedSql>): void {
  migrating(async () => {
    const server = await started();
    const database = await server.fresh();
    return {
      environment: environmentOf(type, server, database),
      run: (sql) => server.run(database, sql),
    };
  });
}

describe('migrations in SQLite', () => {
  migrating(async () => {
    const file = join((await driverContext()).dataFolder, 'shared.db');
    return {
      environment: { DB_TYPE: 'sqlite', DB_NAME: file },
      run: (sql) => {
        const db = new DatabaseSync(file, { timeout: 5_000 });
        try {
          return Promise.resolve(db.prepare(sql).all() as SqlRow[]);
        } finally {
          db.close();
        }
      },
    };
  });
});

describeWithServers(['postgres'], 'migrations in PostgreSQL', () => onServer('postgres', startedPostgres));
describeWithServers(['mariadb'], 'migrations in MariaDB', () => onServer('mariadb', startedMariadb));
