import check from '../../src/checks/mongodb.check.js';
import { closedPort, expectLetsGo, lookOnce } from '../support/look-once.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startedMongo,
  type SharedMongo,
} from '../support/servers/index.js';

describeWithServers(['mongo'], 'the check mongodb', () => {
  let server: SharedMongo;

  beforeAll(async () => {
    server = await startedMongo();
  }, SERVER_START_MS);

  it('is up when the command succeeds', async () => {
    expect(await lookOnce(check, { connectionString: `${server.url}/test` })).toEqual({
      found: 'up',
      message: 'The command succeeded.',
      latencyMs: expect.any(Number),
    });
  });

  it('goes on to the next server of the list', async () => {
    const connectionString = `mongodb://127.0.0.1:${await closedPort()},${server.host}/test?replicaSet=rs0`;
    expect(await lookOnce(check, { connectionString })).toMatchObject({ found: 'up' });
  });

  it('looks at a field of the answer', async () => {
    const config = { connectionString: `${server.url}/test`, command: '{"ping": 1}', jsonPath: '$.ok' };
    const up = { found: 'up', message: '$.ok is 1.' };
    expect(await lookOnce(check, { ...config, expectedValue: '1' })).toMatchObject(up);
    expect(await lookOnce(check, { ...config, expectedValue: '2' })).toMatchObject({ ...up, found: 'down' });
    expect(await lookOnce(check, { ...config, jsonPath: '$.no.such' })).toMatchObject({
      found: 'down',
      message: 'The answer has no $.no.such.',
    });
  });

  it('is down in the words of the server when the command fails', async () => {
    const config = { connectionString: `${server.url}/test`, command: '{"noSuchCommand": 1}' };
    expect(await lookOnce(check, config)).toMatchObject({
      found: 'down',
      message: expect.stringContaining('noSuchCommand'),
    });
  });

  it('is down when the login is refused, without the password', async () => {
    const outcome = await lookOnce(check, {
      connectionString: server.url.replace('://', '://somebody:wrongpass@') + '/test',
    });
    expect(outcome.found).toBe('down');
    expect(outcome.message).not.toContain('wrongpass');
  });
});

describe('the check mongodb without a server', () => {
  it('is down where nobody listens, at once', async () => {
    const port = await closedPort();
    expect(await lookOnce(check, { connectionString: `mongodb://127.0.0.1:${port}/d` })).toMatchObject({
      found: 'down',
      message: `127.0.0.1:${port} refuses the connection (ECONNREFUSED).`,
    });
  });

  it('lets go of a server that never answers', () =>
    expectLetsGo(check, (port) => ({ connectionString: `mongodb://u:p@127.0.0.1:${port}/d` })));
});
