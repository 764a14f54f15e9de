import { randomUUID } from 'node:crypto';
import check from '../../src/checks/kafka-producer.check.js';
import { openTargetNet } from '../../src/checks/targets/open-target-net.js';
import { closedPort, expectLetsGo, lookOnce } from '../support/look-once.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateKafka,
  type KafkaCluster,
} from '../support/servers/index.js';

const message = '{"status":"up"}';

describeWithServers(['kafka-cluster'], 'the check kafka-producer', () => {
  let kafka: KafkaCluster;

  beforeAll(async () => {
    kafka = await startPrivateKafka({ security: true });
  }, SERVER_START_MS);

  afterAll(() => kafka.stop());

  it('is up when the record is written, to a topic that is made when that is allowed', async () => {
    const topic = `check-${randomUUID()}`;
    const config = { brokers: kafka.brokers, topic, message };
    expect(await lookOnce(check, { ...config, allow_auto_topic_creation: true })).toMatchObject({
      found: 'up',
      message: expect.stringMatching(`^Written to ${topic}, partition \\d+, offset 0\\.$`),
    });
    expect(await lookOnce(check, config)).toMatchObject({ found: 'up', latencyMs: expect.any(Number) });
  });

  it('makes no topic unless that is allowed', async () => {
    const config = { brokers: kafka.brokers, topic: `check-${randomUUID()}`, message };
    const first = await lookOnce(check, config);
    expect(first).toMatchObject({ found: 'down', message: expect.stringContaining('topic') });
    expect(await lookOnce(check, config)).toMatchObject({ found: 'down' });
  });

  it('is down when the login is refused, without the password', async () => {
    const sasl_options = { mechanism: 'PLAIN', username: 'carillon', password: 'wrongpass' };
    const outcome = await lookOnce(check, {
      brokers: kafka.security!.saslBrokers,
      topic: 'any',
      message,
      ssl: true,
      sasl_options,
    });
    // The certificate is of the test's own authority: TLS refuses before the login.
    expect(outcome).toMatchObject({ found: 'down', message: expect.stringContaining('certificate') });
    expect(outcome.message).not.toContain('wrongpass');
  });

  it('asks no broker that the policy forbids, whoever named it', async () => {
    const [broker] = kafka.brokers as [string];
    const port = Number(broker.split(':')[1]);
    const topic = `check-${randomUUID()}`;
    // The name is allowed; the address that the metadata names is not.
    const inner = openTargetNet({ level: 'public', allow: ['localhost'], deny: [] });
    const outcome = await lookOnce(
      check,
      { brokers: [`localhost:${port}`], topic, message, allow_auto_topic_creation: true },
      { net: inner },
    );
    expect(outcome).toMatchObject({ found: 'unknown', message: expect.stringContaining('127.0.0.1') });
  });
});

describe('the check kafka-producer without a broker', () => {
  const config = { topic: 'any', message };

  it('is down where nobody listens', async () => {
    const port = await closedPort();
    expect(await lookOnce(check, { ...config, brokers: [`127.0.0.1:${port}`] })).toMatchObject({
      found: 'down',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('lets go of a broker that never answers', () =>
    expectLetsGo(check, (port) => ({ ...config, brokers: [`127.0.0.1:${port}`] })));
});
