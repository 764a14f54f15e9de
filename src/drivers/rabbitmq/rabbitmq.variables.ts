import { z } from 'zod';
import { flag, int, optionalText, secret, type VariableDoc } from '../../config/variable.js';
import { readNodes } from './address.js';

const urls: VariableDoc = {
  describe:
    'The broker; several nodes of a cluster are tried in turn. Unset, or `embedded`: the embedded exchange. Percent-encode odd characters of user and password.',
  form: 'amqp://user:password@host:port/vhost or amqps://…, several divided by commas',
  secret: true,
};

const connecting = {
  RABBITMQ_URL: z
    .string()
    .transform((value, context) => {
      const nodes = readNodes(value);
      if (typeof nodes !== 'string') return nodes;
      context.addIssue({ code: 'custom', message: nodes });
      return z.NEVER;
    })
    .meta({ ...urls }),
  RABBITMQ_VHOST: optionalText(
    'The vhost, by its bare name; wins over the path of RABBITMQ_URL. Neither: `/`.',
    'a name of at most 255 bytes',
  ),
  RABBITMQ_CONNECT_TIMEOUT_MS: int(
    { min: 100, max: 60_000, default: 5000 },
    'How long opening a connection may take.',
  ),
  RABBITMQ_HEARTBEAT_S: int(
    { min: 1, max: 600, default: 10 },
    'A connection that is silent for two to three of these is given up for a new one.',
  ),
};

const keeping = {
  RABBITMQ_DELIVERY_LIMIT: int(
    { min: 1, max: 1_000_000, default: 100 },
    'So often RABBITMQ_QUEUE hands out a message without an answer (the process died) before it becomes a dead letter. Part of the queue: to change it, delete the queue.',
  ),
  RABBITMQ_BUFFER_BYTES: int(
    { min: 16_384, max: 8_589_934_592, default: 33_554_432 },
    'The most bytes of published messages that wait or are in flight; above it requests get 503.',
  ),
};

const security = {
  RABBITMQ_SSL_CA_FILE: optionalText(
    'The certificate authority that vouches for the broker, with amqps://. Unset: those that Node trusts.',
    'a PEM file',
  ),
  RABBITMQ_SSL_CERT_FILE: optionalText(
    'The certificate of this client, where the broker asks for one.',
    'a PEM file',
  ),
  RABBITMQ_SSL_KEY_FILE: optionalText('The key of RABBITMQ_SSL_CERT_FILE.', 'a PEM file'),
  RABBITMQ_SSL_KEY_PASSWORD: secret('The password of RABBITMQ_SSL_KEY_FILE.'),
  RABBITMQ_SSL_REJECT_UNAUTHORIZED: flag(true, 'With `false` any certificate is believed: for tests only.'),
};

interface Contradictory {
  RABBITMQ_URL: { protocol: string }[];
  RABBITMQ_VHOST?: string;
  RABBITMQ_SSL_CA_FILE?: string;
  RABBITMQ_SSL_CERT_FILE?: string;
  RABBITMQ_SSL_KEY_FILE?: string;
}

/** What is wrong between variables: the variable to look at, and its rule. */
function* contradictions(read: Contradictory): Generator<[variable: keyof Contradictory, rule: string]> {
  const { RABBITMQ_SSL_CERT_FILE: cert, RABBITMQ_SSL_KEY_FILE: key, RABBITMQ_SSL_CA_FILE: ca } = read;
  if (key && !cert) yield ['RABBITMQ_SSL_CERT_FILE', 'must be set with RABBITMQ_SSL_KEY_FILE'];
  if (cert && !key) yield ['RABBITMQ_SSL_KEY_FILE', 'must be set with RABBITMQ_SSL_CERT_FILE'];
  const isPlain = read.RABBITMQ_URL.some(({ protocol }) => protocol === 'amqp');
  const hasFiles = [ca, cert, key].some((file) => file !== undefined);
  if (isPlain && hasFiles) yield ['RABBITMQ_URL', 'must be amqps:// where RABBITMQ_SSL_ files are named'];
  const vhostBytes = Buffer.byteLength(read.RABBITMQ_VHOST ?? '');
  if (vhostBytes > 255) yield ['RABBITMQ_VHOST', 'must be at most 255 bytes'];
}

/** Variables of everything that talks to RabbitMQ. */
export const rabbitmqVariables = z
  .object({ ...connecting, ...keeping, ...security })
  .superRefine((read, context) => {
    for (const [variable, rule] of contradictions(read))
      context.addIssue({ code: 'custom', path: [variable], message: rule });
  });

export type RabbitmqOptions = z.output<typeof rabbitmqVariables>;
