import { z } from 'zod';
import { flag, int, list, oneOf, optionalText, secret, text } from '../../config/variable.js';

const client = {
  KAFKA_BOOTSTRAP_SERVERS: list(
    [],
    'The brokers to ask first. Unset, or `embedded`: records go to the embedded log.',
    'host:port, several divided by commas',
  ),
  KAFKA_CLIENT_ID: text('python-producer-api', 'The name under which Kafka knows this process.'),
  KAFKA_CONNECTION_TIMEOUT_MS: int(
    { min: 100, max: 60_000, default: 3000 },
    'How long opening a connection may take.',
  ),
  KAFKA_REQUEST_TIMEOUT_MS: int(
    { min: 500, max: 300_000, default: 10_000 },
    'How long Kafka may take to answer a request; then the connection is dropped and the request tried again. Keep it under PRODUCE_TIMEOUT_MS.',
  ),
};

const producing = {
  KAFKA_ACKS: oneOf(
    ['all', '-1', '1', '0'],
    'all',
    'Who must have a record before it counts as written: all in-sync replicas, the leader, or nobody (then its offset is -1). Other than `all` switches idempotence off: a lost answer is not retried.',
  ),
  KAFKA_RETRIES: int(
    { min: 0, max: 100, default: 3 },
    'How often a request that was sent and failed is sent again, within PRODUCE_TIMEOUT_MS.',
  ),
  KAFKA_LINGER_MS: int(
    { min: 0, max: 10_000, default: 1 },
    'How long a record waits for others to share its request; where one is under way, from its answer on.',
  ),
  KAFKA_BATCH_SIZE: int(
    { min: 1, max: 16_777_216, default: 16_384 },
    'So many bytes for one partition do not wait any longer.',
  ),
  KAFKA_MAX_REQUEST_BYTES: int(
    { min: 1024, max: 104_857_600, default: 1_000_000 },
    'The largest request, and so the largest record. Keep it under the message.max.bytes of the brokers.',
  ),
  KAFKA_BUFFER_MEMORY: int(
    { min: 16_384, max: 8_589_934_592, default: 33_554_432 },
    'The most bytes of records that wait or are in flight; above it requests get 503.',
  ),
  KAFKA_PRODUCERS: int(
    { min: 1, max: 64, default: 4 },
    'Connections that write. Each partition keeps to one of them.',
  ),
  KAFKA_PARTITIONER: oneOf(
    ['murmur2', 'consistent_random'],
    'murmur2',
    'How a key chooses its partition: as Java clients do, or as librdkafka (so the Python server) does.',
  ),
  KAFKA_COMPRESSION: oneOf(['none', 'gzip'], 'none', 'How requests are compressed.'),
};

const reading = {
  KAFKA_READERS: int(
    { min: 1, max: 256, default: 4 },
    'The most requests that read records back at once; above it they get 503.',
  ),
};

const security = {
  KAFKA_SECURITY_PROTOCOL: oneOf(
    ['plaintext', 'ssl', 'sasl_plaintext', 'sasl_ssl'],
    'plaintext',
    'How the brokers want to be talked to.',
  ),
  KAFKA_SASL_MECHANISM: oneOf(
    ['plain', 'scram-sha-256', 'scram-sha-512'],
    'plain',
    'How the user logs in, with KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT or SASL_SSL.',
  ),
  KAFKA_SASL_USERNAME: optionalText('The user who logs in.'),
  KAFKA_SASL_PASSWORD: secret('Their password.'),
  KAFKA_SSL_CA_FILE: optionalText(
    'The certificate authority that vouches for the brokers. Unset: those that Node trusts.',
    'a PEM file',
  ),
  KAFKA_SSL_CERT_FILE: optionalText(
    'The certificate of this client, where brokers ask for one.',
    'a PEM file',
  ),
  KAFKA_SSL_KEY_FILE: optionalText('The key of KAFKA_SSL_CERT_FILE.', 'a PEM file'),
  KAFKA_SSL_KEY_PASSWORD: secret('The password of KAFKA_SSL_KEY_FILE.'),
  KAFKA_SSL_REJECT_UNAUTHORIZED: flag(true, 'With `false` any certificate is believed: for tests only.'),
};

interface Security {
  KAFKA_SECURITY_PROTOCOL: string;
  KAFKA_SASL_USERNAME?: string;
  KAFKA_SASL_PASSWORD?: string;
  KAFKA_SSL_CERT_FILE?: string;
  KAFKA_SSL_KEY_FILE?: string;
}

function halfPair(read: Security): [variable: keyof Security, rule: string][] {
  const { KAFKA_SSL_KEY_FILE: key, KAFKA_SSL_CERT_FILE: cert } = read;
  if (key && !cert) return [['KAFKA_SSL_CERT_FILE', 'must be set with KAFKA_SSL_KEY_FILE']];
  if (cert && !key) return [['KAFKA_SSL_KEY_FILE', 'must be set with KAFKA_SSL_CERT_FILE']];
  return [];
}

/** What is wrong between variables: the variable to look at, and its rule. */
function contradictions(read: Security): [variable: keyof Security, rule: string][] {
  const wrong: [keyof Security, string][] = [];
  const sasl = read.KAFKA_SECURITY_PROTOCOL.startsWith('sasl_');
  const needed = 'must be set with KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT or SASL_SSL';
  if (sasl && !read.KAFKA_SASL_USERNAME) wrong.push(['KAFKA_SASL_USERNAME', needed]);
  if (sasl && read.KAFKA_SASL_PASSWORD === undefined) wrong.push(['KAFKA_SASL_PASSWORD', needed]);
  if (!sasl && read.KAFKA_SASL_USERNAME) {
    wrong.push(['KAFKA_SECURITY_PROTOCOL', 'must be SASL_PLAINTEXT or SASL_SSL with KAFKA_SASL_USERNAME']);
  }
  return [...wrong, ...halfPair(read)];
}

/** Variables of everything that talks to Kafka. */
export const kafkaVariables = z
  .object({ ...client, ...producing, ...reading, ...security })
  .superRefine((read, context) => {
    for (const server of read.KAFKA_BOOTSTRAP_SERVERS) {
      if (/^[^\s:/]+(:\d{1,5})?$/.test(server)) continue;
      context.addIssue({
        code: 'custom',
        path: ['KAFKA_BOOTSTRAP_SERVERS'],
        message: 'must be host:port, divided by commas',
      });
      break;
    }
    for (const [variable, rule] of contradictions(read)) {
      context.addIssue({ code: 'custom', path: [variable], message: rule });
    }
  });

export type KafkaOptions = z.output<typeof kafkaVariables>;
