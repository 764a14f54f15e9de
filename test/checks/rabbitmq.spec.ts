import check from '../../src/checks/rabbitmq.check.js';
import { BadServer, status } from '../support/bad-server.js';
import { closedPort, expectLetsGo, lookOnce } from '../support/look-once.js';
import { describeWithServers, SERVER_START_MS, startedRabbitmq } from '../support/servers/index.js';

describeWithServers(['rabbitmq'], 'the check rabbitmq', () => {
  let url: URL;
  let node: string;

  beforeAll(async () => {
    url = new URL((await startedRabbitmq()).url);
    node = `amqp://${url.host}`;
  }, SERVER_START_MS);

  function login(): { username: string; password: string } {
    return { username: url.username, password: url.password };
  }

  it('is up when the broker accepts the login', async () => {
    expect(await lookOnce(check, { nodes: [node], ...login() })).toEqual({
      found: 'up',
      message: 'The login is accepted.',
      latencyMs: expect.any(Number),
    });
  });

  it('goes on to the next node', async () => {
    const nodes = [`amqp://127.0.0.1:${await closedPort()}`, node];
    expect(await lookOnce(check, { nodes, ...login() })).toMatchObject({ found: 'up' });
  });

  it('is down with a wrong password or vhost', async () => {
    const refused = await lookOnce(check, { nodes: [node], ...login(), password: 'wrongpass' });
    expect(refused).toMatchObject({ found: 'down', message: `${url.host} refuses the login.` });
    expect(await lookOnce(check, { nodes: [`${node}/nowhere`], ...login() })).toMatchObject({
      found: 'down',
      message: 'The user may not use the vhost nowhere.',
    });
  });
});

describe('the check rabbitmq of a management API', () => {
  let api: BadServer;

  beforeEach(async () => {
    api = await BadServer.listen();
  });

  afterEach(() => api.close());

  function look(nodes = [api.url('/').href]) {
    return lookOnce(check, { nodes, username: 'admin', password: 'secret99' });
  }

  it('asks for alarms', async () => {
    expect(await look()).toMatchObject({ found: 'up', message: 'No alarm is on.' });
    expect(api.seen).toMatchObject([
      {
        path: '/api/health/checks/alarms',
        headers: { authorization: `Basic ${Buffer.from('admin:secret99').toString('base64')}` },
      },
    ]);
  });

  it('keeps the path that comes before it', async () => {
    await look([api.url('/rabbit/').href]);
    expect(api.seen[0]?.path).toBe('/rabbit/api/health/checks/alarms');
  });

  it('is down with an alarm, and tells which', async () => {
    api.behave = status(503, {}, '{"status":"failed","reason":"There are alarms in effect in the cluster"}');
    expect(await look()).toMatchObject({
      found: 'down',
      message: expect.stringContaining('There are alarms'),
    });
    api.behave = status(401);
    expect(await look()).toMatchObject({
      found: 'down',
      message: expect.stringContaining('refuses the login'),
    });
    api.behave = status(302, { location: 'http://169.254.169.254/' });
    expect(await look()).toMatchObject({ found: 'down', message: expect.stringContaining('302') });
  });

  it('is down when no node is well', async () => {
    const nobody = `http://127.0.0.1:${await closedPort()}`;
    api.behave = status(500);
    expect(await look([nobody, api.url('/').href])).toMatchObject({
      found: 'down',
      message: expect.stringMatching(/^No node of 2 is well\. .*ECONNREFUSED/),
    });
  });
});

describe('the check rabbitmq without a broker', () => {
  it.each(['amqp', 'amqps', 'http', 'https'])('lets go of a server that never answers %s', (scheme) =>
    expectLetsGo(check, (port) => ({ nodes: [`${scheme}://127.0.0.1:${port}`] })),
  );
});
