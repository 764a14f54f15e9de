import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import rabbitmqDriver from '../../../src/drivers/rabbitmq/message-exchange.driver.js';
import { DONE, Inbox, message } from '../../contracts/message-exchange.support.js';
import { eventually } from '../../support/eventually.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateRabbitmq,
  type RabbitmqServer,
} from '../../support/servers/index.js';
import { consuming, subscriptionOf } from './load.js';
import { errorsIn, openRabbitmq, unusedName } from './open-rabbitmq.js';
import { Raw } from './raw.js';

const NOBODYS = 'wrong-but-still-a-secret';
const USER = { name: 'us er@x', password: 'p/#?%:@,ü x' };

describeWithServers(['rabbitmq-private'], 'RabbitMQ that wants to know who comes', () => {
  let rabbitmq: RabbitmqServer;

  beforeAll(async () => {
    rabbitmq = await startPrivateRabbitmq({ tls: true });
    await rabbitmq.ctl(['add_user', USER.name, USER.password]);
    await rabbitmq.ctl(['add_user', 'looker', 'looker']);
    for (const vhost of ['/', 'test', '/slash', 'odd name%2F']) {
      if (vhost !== '/') await rabbitmq.ctl(['add_vhost', vhost]);
      for (const user of [USER.name, 'looker'])
        await rabbitmq.ctl(['set_permissions', '-p', vhost, user, '.*', '.*', '.*']);
    }
    await rabbitmq.ctl(['add_vhost', 'forbidden']);
    await rabbitmq.ctl(['add_user', 'reader', 'reader']);
    await rabbitmq.ctl(['set_permissions', '-p', '/', 'reader', '^$', '.*', '.*']);
  }, SERVER_START_MS);
  afterAll(() => rabbitmq?.release());

  const url = () => withCredentials(USER.name, USER.password);
  const tlsUrl = () =>
    url()
      .replace('amqp:', 'amqps:')
      .replace(/\d+$/, String(rabbitmq.port + 1));
  const withCredentials = (user: string, password: string) =>
    `amqp://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${rabbitmq.port}`;

  /** Publishes a message and has it delivered. Answers the log. */
  const roundTrip = async (url: string, variables: Record<string, string>, name = unusedName()) => {
    const lines: Record<string, unknown>[] = [];
    const exchange = await openRabbitmq(url, { variables, lines });
    try {
      const inbox = new Inbox(10_000, () => DONE);
      await consuming(exchange.consume(subscriptionOf(name, name), inbox.handle));
      await exchange.publish(message(name));
      await inbox.has(1);
      await exchange.ping();
    } finally {
      await exchange.close(5000);
    }
    return JSON.stringify(lines);
  };

  it('logs in with a password of odd characters, and logs it nowhere', async () => {
    expect(await roundTrip(url(), {})).not.toContain(USER.password);
  });

  it.each([
    ['', {}, '/'],
    ['/', {}, '/'],
    ['/%2F', {}, '/'],
    ['/test', {}, 'test'],
    ['', { RABBITMQ_VHOST: 'test' }, 'test'],
    ['/', { RABBITMQ_VHOST: 'test' }, 'test'],
    ['/forbidden', { RABBITMQ_VHOST: 'test' }, 'test'],
    ['/forbidden', { RABBITMQ_VHOST: '/' }, '/'],
    ['', { RABBITMQ_VHOST: '/slash' }, '/slash'],
    ['/%2Fslash', {}, '/slash'],
    ['', { RABBITMQ_VHOST: 'odd name%2F' }, 'odd name%2F'],
    ['/odd%20name%252F', {}, 'odd name%2F'],
  ])('takes the path %j and %j as the vhost %s', async (path, variables, vhost) => {
    const name = unusedName();
    await roundTrip(url() + path, variables, name);
    const raw = await Raw.connect(`${withCredentials('looker', 'looker')}/${encodeURIComponent(vhost)}`);
    expect(await raw.ready(name)).toBe(0);
    await raw.close();
  });

  it('talks TLS, and tries one node after the other', async () => {
    const files = { RABBITMQ_SSL_CA_FILE: rabbitmq.caFile! };
    await roundTrip(tlsUrl(), files);
    await roundTrip(`amqps://127.0.0.1:1, ${tlsUrl()}/test`, files);
    await roundTrip(tlsUrl(), { RABBITMQ_SSL_REJECT_UNAUTHORIZED: 'false' });
  });

  const plainPort = () => rabbitmq.port;
  it.each<
    [what: string, url: () => string, variables: Record<string, string>, words: string, advice: string]
  >([
    ['a wrong password', () => withCredentials(USER.name, NOBODYS), {}, 'refuses the login', 'RABBITMQ_URL'],
    ['an unknown user', () => withCredentials('nobody', NOBODYS), {}, 'refuses the login', 'RABBITMQ_URL'],
    ['an unknown vhost', url, { RABBITMQ_VHOST: 'nowhere' }, 'vhost nowhere', 'RABBITMQ_VHOST'],
    ['a vhost of others', () => `${url()}/forbidden`, {}, 'vhost forbidden', 'RABBITMQ_VHOST'],
    ['an unknown host', () => `amqp://u:${NOBODYS}@nowhere.invalid`, {}, 'host name', 'RABBITMQ_URL'],
    [
      'a port where nobody listens',
      () => `amqp://u:${NOBODYS}@127.0.0.1:1`,
      {},
      'refuses connections',
      'RABBITMQ_URL',
    ],
    ['an unknown authority', tlsUrl, {}, 'certificate', 'RABBITMQ_SSL_CA_FILE'],
    ['TLS to a plain port', () => `amqps://u:${NOBODYS}@127.0.0.1:${plainPort()}`, {}, 'TLS', 'amqp://'],
    [
      'plain text to a TLS port',
      () => `amqp://u:${NOBODYS}@127.0.0.1:${plainPort() + 1}`,
      {},
      'closed the connection',
      'amqps://',
    ],
  ])(
    'says what to look at after %s, once for each connection, and answers 503',
    async (_what, address, variables, words, advice) => {
      const lines: Record<string, unknown>[] = [];
      const gateway = { produceTimeoutMs: 1500 };
      const exchange = await openRabbitmq(address(), {
        variables: { ...variables, RABBITMQ_CONNECT_TIMEOUT_MS: '1000' },
        lines,
        gateway,
      });
      try {
        const name = unusedName();
        const consumer = exchange.consume(subscriptionOf(name, name), () => Promise.resolve(DONE));
        await expect(exchange.publish(message(name))).rejects.toMatchObject({
          code: 'EXCHANGE_UNAVAILABLE',
          message: expect.stringContaining(words),
        });
        await expect(exchange.ping()).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
        expect(consumer.trouble?.message).toContain(words);
        const errors = errorsIn(lines);
        expect(errors).toHaveLength(2);
        for (const error of errors) {
          expect(error).toContain(words);
          expect(error).toContain(advice);
        }
        for (const secret of [NOBODYS, USER.password, encodeURIComponent(USER.password)])
          expect(JSON.stringify(lines)).not.toContain(secret);
      } finally {
        await exchange.close(1000);
      }
    },
  );

  it('says which right a user lacks, and goes on when it is granted', async () => {
    const exchange = await openRabbitmq(withCredentials('reader', 'reader'));
    try {
      const name = unusedName();
      const consumer = exchange.consume(subscriptionOf(name, name), () => Promise.resolve(DONE));
      await eventually(() => expect(consumer.trouble?.message).toMatch(/may not be declared by this user/));
      await expect(exchange.publish(message(name))).rejects.toMatchObject({ code: 'EXCHANGE_UNAVAILABLE' });
      await rabbitmq.ctl(['set_permissions', '-p', '/', 'reader', '.*', '.*', '.*']);
      await consuming(consumer);
      await exchange.publish(message(name));
    } finally {
      await exchange.close(5000);
    }
  }, 60_000);
});

describe('variables of RabbitMQ', () => {
  const mistakes = (variables: Record<string, string>) => {
    const read = rabbitmqDriver.variables.safeParse({ RABBITMQ_URL: 'amqp://localhost', ...variables });
    return (read.error?.issues ?? []).map(({ path, message: rule }) => `${path.join('.')} ${rule}`);
  };

  it.each([
    [{ RABBITMQ_URL: `amqp://user:${NOBODYS}#@host` }, ['RABBITMQ_URL']],
    [{ RABBITMQ_URL: 'localhost:5672' }, ['RABBITMQ_URL']],
    [{ RABBITMQ_SSL_CA_FILE: 'x' }, ['RABBITMQ_URL']],
    [{ RABBITMQ_URL: 'amqps://a,amqp://b', RABBITMQ_SSL_CA_FILE: 'x' }, ['RABBITMQ_URL']],
    [{ RABBITMQ_URL: 'amqps://a', RABBITMQ_SSL_KEY_FILE: 'x' }, ['RABBITMQ_SSL_CERT_FILE']],
    [{ RABBITMQ_URL: 'amqps://a', RABBITMQ_SSL_CERT_FILE: 'x' }, ['RABBITMQ_SSL_KEY_FILE']],
    [{ RABBITMQ_VHOST: 'ü'.repeat(128) }, ['RABBITMQ_VHOST']],
    [
      { RABBITMQ_HEARTBEAT_S: '0', RABBITMQ_DELIVERY_LIMIT: '-1' },
      ['RABBITMQ_HEARTBEAT_S', 'RABBITMQ_DELIVERY_LIMIT'],
    ],
    [{ RABBITMQ_URL: 'amqps://u:p@a:1/v, amqps://b', RABBITMQ_SSL_CA_FILE: 'x' }, []],
  ])('are mistakes by name, and never by value: %j', (variables, names) => {
    const told = mistakes(variables);
    expect(told.map((mistake) => mistake.split(' ')[0])).toEqual(names);
    expect(told.join()).not.toContain(NOBODYS);
  });

  it('name a file that cannot be read', async () => {
    const there = join(tmpdir(), 'carillon-not-a-secret.pem');
    await writeFile(there, '');
    const opened = openRabbitmq('amqps://localhost:1', {
      variables: {
        RABBITMQ_SSL_CA_FILE: '/nowhere/ca.pem',
        RABBITMQ_SSL_CERT_FILE: there,
        RABBITMQ_SSL_KEY_FILE: '/nowhere/key.pem',
      },
    });
    await expect(opened).rejects.toMatchObject({
      mistakes: [
        'RABBITMQ_SSL_CA_FILE must name a file that can be read (ENOENT)',
        'RABBITMQ_SSL_KEY_FILE must name a file that can be read (ENOENT)',
      ],
    });
  });
});
