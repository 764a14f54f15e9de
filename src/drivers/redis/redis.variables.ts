import { z } from 'zod';
import {
  flag,
  int,
  optionalInt,
  optionalText,
  secret,
  text,
  type VariableDoc,
} from '../../config/variable.js';
import { isHost, readSentinels, readUrl } from './address.js';
import { contradictions } from './contradictions.js';

/** The variables that name a Redis: `address` of every driver that uses one. */
export const redisAddress = ['REDIS_HOST', 'REDIS_URL', 'REDIS_SENTINELS'] as const;

/** Read by a function that answers the value, or the rule that is broken. */
function readBy<T extends object>(read: (value: string) => T | string, doc: VariableDoc) {
  return z
    .string()
    .transform((value, context) => {
      const result = read(value);
      if (typeof result !== 'string') return result;
      context.addIssue({ code: 'custom', message: result });
      return z.NEVER;
    })
    .optional()
    .meta({ ...doc });
}

/** Kubernetes sets REDIS_PORT=tcp://10.0.0.1:6379 for a Service of the name redis: that is nobody's port. */
const port = optionalInt({ min: 1, max: 65_535 }, '');
const portUnlessOfKubernetes = z
  .string()
  .optional()
  .transform((value) => (value?.trim().startsWith('tcp://') ? undefined : value))
  .pipe(port)
  .meta({
    describe:
      'The port at REDIS_HOST. A value such as `tcp://10.0.0.1:6379`, which Kubernetes sets, is ignored.',
    form: 'a whole number from 1 to 65535',
    fallback: '6379',
  });

const NO_HOST = 'must be a host name or IP address; a port belongs into REDIS_PORT, a URL into REDIS_URL';

const connecting = {
  REDIS_HOST: z.string().trim().refine(isHost, NO_HOST).optional().meta({
    describe:
      'The server. Unset, or `embedded`, without REDIS_URL and REDIS_SENTINELS: the embedded drivers.',
    form: 'a host name or an IP address',
  }),
  REDIS_PORT: portUnlessOfKubernetes,
  REDIS_URL: readBy(readUrl, {
    describe:
      'The server, in place of REDIS_HOST and REDIS_PORT; rediss:// is TLS. Percent-encode odd characters of user and password.',
    form: 'redis://user:password@host:port/db or rediss://…',
    secret: true,
  }),
  REDIS_SENTINELS: readBy(readSentinels, {
    describe: 'The Sentinels that know the primary, in place of REDIS_HOST and REDIS_URL.',
    form: 'host:port of each, divided by commas',
  }),
  REDIS_SENTINEL_NAME: text('mymaster', 'What the Sentinels call the primary.'),
  REDIS_DB: optionalInt(
    { min: 0, max: 65_535 },
    'The database; wins over the path of REDIS_URL. Neither: 0. Channels of monitor events are not divided by it.',
  ),
  REDIS_CONNECT_TIMEOUT_MS: int(
    { min: 100, max: 60_000, default: 5000 },
    'How long opening a connection may take.',
  ),
  REDIS_COMMAND_TIMEOUT_MS: int(
    { min: 100, max: 60_000, default: 3000 },
    'How long the server may take to answer; a connection that is silent for so long is given up for a new one.',
  ),
};

const security = {
  REDIS_USERNAME: optionalText('The ACL user; wins over the one in REDIS_URL. Neither: `default`.', 'a name'),
  REDIS_PASSWORD: secret('The password; wins over the one in REDIS_URL.'),
  REDIS_SENTINEL_USERNAME: optionalText('The ACL user at the Sentinels, where they want one.', 'a name'),
  REDIS_SENTINEL_PASSWORD: secret('The password of the Sentinels, where they want one.'),
  REDIS_SSL: flag(false, 'TLS to REDIS_HOST, or to the Sentinels and the servers that they name.'),
  REDIS_SSL_CA_FILE: optionalText(
    'The certificate authority that vouches for the server, with TLS. Unset: those that Node trusts.',
    'a PEM file',
  ),
  REDIS_SSL_CERT_FILE: optionalText(
    'The certificate of this client, where the server asks for one.',
    'a PEM file',
  ),
  REDIS_SSL_KEY_FILE: optionalText('The key of REDIS_SSL_CERT_FILE.', 'a PEM file'),
  REDIS_SSL_KEY_PASSWORD: secret('The password of REDIS_SSL_KEY_FILE.'),
  REDIS_SSL_REJECT_UNAUTHORIZED: flag(true, 'With `false` any certificate is believed: for tests only.'),
};

/** Variables of everything that talks to Redis. */
export const redisVariables = z.object({ ...connecting, ...security }).superRefine((read, context) => {
  for (const [variable, rule] of contradictions(read))
    context.addIssue({ code: 'custom', path: [variable], message: rule });
});

export type RedisOptions = z.output<typeof redisVariables>;
