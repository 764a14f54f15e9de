import check from '../../src/checks/mysql.check.js';
import { closedPort, expectLetsGo, lookOnce } from '../support/look-once.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startedMariadb,
  type SharedSql,
} from '../support/servers/index.js';

function at(connection_string: string, query?: string): Record<string, unknown> {
  return { connection_string, query };
}

describeWithServers(['mariadb'], 'the check mysql', () => {
  let server: SharedSql;
  let database: string;
  let url: string;

  beforeAll(async () => {
    server = await startedMariadb();
    database = await server.fresh();
    const login = `${encodeURIComponent(server.user)}:${encodeURIComponent(server.password)}`;
    url = `mysql://${login}@${server.host}:${server.port}/${database}`;
    await server.run(database, 'CREATE TABLE things (id int)');
  }, SERVER_START_MS);

  it('is up when the query answers', async () => {
    const up = { found: 'up', latencyMs: expect.any(Number) };
    expect(await lookOnce(check, at(url))).toEqual({ ...up, message: 'The query answers, with 1 row.' });
    const none = await lookOnce(check, at(url, 'SELECT * FROM things'));
    expect(none).toEqual({ ...up, message: 'The query answers, with 0 rows.' });
  });

  it('reads no more than it needs', async () => {
    expect(await lookOnce(check, at(url, 'SELECT seq FROM seq_1_to_100000000'))).toMatchObject({
      found: 'up',
      message: 'The query answers, with more than 1000 rows.',
    });
    const wide = "SELECT repeat('x', 10000000) FROM seq_1_to_10";
    expect(await lookOnce(check, at(url, wide))).toMatchObject({
      found: 'down',
      message: expect.stringContaining('16 MiB'),
    });
  });

  it('writes nothing', async () => {
    await server.run(
      database,
      'CREATE FUNCTION write_it() RETURNS int BEGIN INSERT INTO things VALUES (1); RETURN 1; END',
    );
    expect(await lookOnce(check, at(url, 'SELECT write_it()'))).toMatchObject({
      found: 'down',
      message: expect.stringContaining('READ ONLY'),
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
    expect(await lookOnce(check, at(`${url}?tls=skip-verify`))).toMatchObject({
      found: 'down',
      message: expect.stringContaining('does not support secure'),
    });
  });
});

describe('the check mysql without a server', () => {
  it('is down where nobody listens', async () => {
    const port = await closedPort();
    expect(await lookOnce(check, at(`mysql://u:p@127.0.0.1:${port}/d`))).toMatchObject({
      found: 'down',
      message: `127.0.0.1:${port} refuses the connection (ECONNREFUSED).`,
    });
  });

  it('lets go of a server that never answers', () =>
    expectLetsGo(check, (port) => at(`mysql://u:p@127.0.0.1:${port}/d`)));
});
