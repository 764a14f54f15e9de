import check from '../../src/checks/postgres.check.js';
import { closedPort, expectLetsGo, lookOnce } from '../support/look-once.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startedPostgres,
  type SharedSql,
} from '../support/servers/index.js';

function at(database_connection_string: string, database_query?: string): Record<string, unknown> {
  return { database_connection_string, database_query };
}

describeWithServers(['postgres'], 'the check postgres', () => {
  let server: SharedSql;
  let database: string;
  let url: string;

  beforeAll(async () => {
    server = await startedPostgres();
    database = await server.fresh();
    const login = `${encodeURIComponent(server.user)}:${encodeURIComponent(server.password)}`;
    url = `postgres://${login}@${server.host}:${server.port}/${database}`;
    await server.run(database, 'CREATE TABLE things (id int)');
  }, SERVER_START_MS);

  it('is up when the query answers', async () => {
    const up = { found: 'up', latencyMs: expect.any(Number) };
    expect(await lookOnce(check, at(url))).toEqual({ ...up, message: 'The query answers, with 1 row.' });
    const none = await lookOnce(check, at(url, 'SELECT * FROM things'));
    expect(none).toEqual({ ...up, message: 'The query answers, with 0 rows.' });
  });

  it('reads no more than it needs', async () => {
    expect(await lookOnce(check, at(url, 'SELECT generate_series(1, 100000000)'))).toMatchObject({
      found: 'up',
      message: 'The query answers, with more than 1000 rows.',
    });
    const wide = "SELECT repeat('x', 50000000) FROM generate_series(1, 10)";
    expect(await lookOnce(check, at(url, wide))).toMatchObject({
      found: 'down',
      message: expect.stringContaining('16 MiB'),
    });
  });

  it('writes nothing', async () => {
    const write = 'WITH gone AS (INSERT INTO things VALUES (1) RETURNING id) SELECT * FROM gone';
    expect(await lookOnce(check, at(url, write))).toMatchObject({
      found: 'down',
      message: expect.stringContaining('read-only'),
    });
    const two = 'SELECT 1; COMMIT; INSERT INTO things VALUES (2)';
    expect(await lookOnce(check, at(url, two))).toMatchObject({ found: 'down' });
    expect(await server.run(database, 'SELECT * FROM things')).toEqual([]);
  });

  it('is down with a wrong password, a wrong database, a wrong query, in words without the password', async () => {
    const wrong = url.replace(/:[^:@]+@/, ':wrongpass@').replace(server.user, 'nobody-there');
    const outcome = await lookOnce(check, at(wrong));
    expect(outcome).toMatchObject({ found: 'down', message: expect.stringContaining('nobody-there') });
    expect(outcome.message).not.toContain('wrongpass');
    expect(await lookOnce(check, at(`${url}x`))).toMatchObject({ found: 'down' });
    expect(await lookOnce(check, at(url, 'SELECT nothing'))).toMatchObject({
      found: 'down',
      message: expect.stringContaining('nothing'),
    });
  });

  it('says so when the server has no TLS', async () => {
    expect(await lookOnce(check, at(`${url}?sslmode=require`))).toMatchObject({
      found: 'down',
      message: expect.stringContaining('SSL'),
    });
  });
});

describe('the check postgres without a server', () => {
  it('is down where nobody listens', async () => {
    const port = await closedPort();
    expect(await lookOnce(check, at(`postgres://u:p@127.0.0.1:${port}/d`))).toMatchObject({
      found: 'down',
      message: `127.0.0.1:${port} refuses the connection (ECONNREFUSED).`,
    });
  });

  it.each(['', '?sslmode=require'])('lets go of a server that never answers %s', (parameters) =>
    expectLetsGo(check, (port) => at(`postgres://u:p@127.0.0.1:${port}/d${parameters}`)),
  );
});
