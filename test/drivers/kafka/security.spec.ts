import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkaDriver from '../../../src/drivers/kafka/record-log.driver.js';
import { codes, unusedName } from '../../contracts/record-log.support.js';
import {
  describeWithServers,
  SERVER_START_MS,
  startPrivateKafka,
  type KafkaCluster,
} from '../../support/servers/index.js';
import { openKafka } from './open-kafka.js';
import { distinct } from './outcomes.js';
import { until } from './until.js';

const PASSWORD_NOBODY_HAS = 'wrong-but-still-a-secret';

describeWithServers(['kafka-cluster'], 'Kafka that wants TLS and a login', () => {
  let kafka: KafkaCluster;

  beforeAll(async () => {
    kafka = await startPrivateKafka({ security: true });
  }, SERVER_START_MS);
  afterAll(() => kafka?.stop());

  const sasl = (mechanism: string, password: string) => ({
    KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
    KAFKA_SSL_CA_FILE: kafka.security!.caFile,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: kafka.security!.username,
    KAFKA_SASL_PASSWORD: password,
  });

  /** Writes and reads one record back. */
  const roundTrip = async (brokers: string[], variables: Record<string, string>) => {
    const lines: Record<string, unknown>[] = [];
    const log = await openKafka(brokers, { variables, lines });
    try {
      const topic = unusedName();
      const [record] = distinct(topic, 1, { partition: 0 });
      expect(codes(await log.append([record!]))).toEqual(['ok']);
      const page = await log.read({ topic, partition: 0, offset: 0, limit: 1 });
      expect(page.records.map(({ value }) => String(value))).toEqual([record!.value]);
    } finally {
      await log.close(5000);
    }
    return JSON.stringify(lines);
  };

  it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])(
    'logs in by %s, and logs no password',
    async (mechanism) => {
      const { saslBrokers, password } = kafka.security!;
      expect(await roundTrip(saslBrokers, sasl(mechanism, password))).not.toContain(password);
    },
  );

  it('talks TLS', async () => {
    const { tlsBrokers, caFile } = kafka.security!;
    await roundTrip(tlsBrokers, { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CA_FILE: caFile });
    await roundTrip(tlsBrokers, { KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_REJECT_UNAUTHORIZED: 'false' });
  });

  it.each([
    [
      'a wrong password',
      () => kafka.security!.saslBrokers,
      () => sasl('PLAIN', PASSWORD_NOBODY_HAS),
      'KAFKA_SASL_PASSWORD',
    ],
    [
      'a wrong SCRAM password',
      () => kafka.security!.saslBrokers,
      () => sasl('SCRAM-SHA-512', PASSWORD_NOBODY_HAS),
      'KAFKA_SASL_PASSWORD',
    ],
    [
      'an unknown authority',
      () => kafka.security!.tlsBrokers,
      () => ({ KAFKA_SECURITY_PROTOCOL: 'SSL' }),
      'KAFKA_SSL_CA_FILE',
    ],
    ['plain text to a TLS port', () => kafka.security!.tlsBrokers, () => ({}), 'KAFKA_SECURITY_PROTOCOL'],
  ])('says what to look at after %s, once, and answers 503', async (_what, brokers, variables, advice) => {
    const lines: Record<string, unknown>[] = [];
    const log = await openKafka(brokers(), {
      variables: { ...variables(), KAFKA_REQUEST_TIMEOUT_MS: '1000', KAFKA_CONNECTION_TIMEOUT_MS: '1000' },
      lines,
      gateway: { produceTimeoutMs: 1500 },
    });
    try {
      const errors = () => lines.filter(({ level }) => Number(level) >= 50).map(({ msg }) => String(msg));
      await until('the log says so', () => errors().length > 0);
      expect(codes(await log.append(distinct(unusedName(), 2)))).toEqual([
        'RECORD_LOG_UNAVAILABLE',
        'RECORD_LOG_UNAVAILABLE',
      ]);
      expect(errors().length).toBe(1);
      expect(errors()[0]).toContain(advice);
      expect(JSON.stringify(lines)).not.toContain(PASSWORD_NOBODY_HAS);
      expect(log.wasReady).toBe(false);
      await expect(log.ping()).rejects.toMatchObject({ code: 'RECORD_LOG_UNAVAILABLE' });
    } finally {
      await log.close(1000);
    }
  });
});

describe('variables that contradict each other', () => {
  const mistakes = (variables: Record<string, string>) => {
    const read = kafkaDriver.variables.safeParse({ KAFKA_BOOTSTRAP_SERVERS: 'localhost:1', ...variables });
    return (read.error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
  };

  it.each([
    [{ KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' }, ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD']],
    [{ KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }, ['KAFKA_SECURITY_PROTOCOL']],
    [{ KAFKA_SSL_KEY_FILE: 'x' }, ['KAFKA_SSL_CERT_FILE']],
    [{ KAFKA_SSL_CERT_FILE: 'x' }, ['KAFKA_SSL_KEY_FILE']],
    [{ KAFKA_BOOTSTRAP_SERVERS: 'http://localhost:9092' }, ['KAFKA_BOOTSTRAP_SERVERS']],
    [{ KAFKA_ACKS: '2', KAFKA_RETRIES: '-1' }, ['KAFKA_ACKS', 'KAFKA_RETRIES']],
    [{ KAFKA_BOOTSTRAP_SERVERS: 'one, two:9093' }, []],
  ])('are mistakes by name: %j', (variables, names) => {
    expect(mistakes(variables).map((mistake) => mistake.split(' ')[0])).toEqual(names);
  });

  it('name a file that cannot be read', async () => {
    const there = join(tmpdir(), 'carillon-not-a-secret.pem');
    await writeFile(there, '');
    const opened = openKafka(['localhost:1'], {
      variables: {
        KAFKA_SECURITY_PROTOCOL: 'SSL',
        KAFKA_SSL_CA_FILE: '/nowhere/ca.pem',
        KAFKA_SSL_CERT_FILE: there,
        KAFKA_SSL_KEY_FILE: '/nowhere/key.pem',
      },
    });
    await expect(opened).rejects.toMatchObject({
      mistakes: [
        'KAFKA_SSL_CA_FILE must name a file that can be read (ENOENT)',
        'KAFKA_SSL_KEY_FILE must name a file that can be read (ENOENT)',
      ],
    });
  });
});
