import { AppError } from '../../core/errors.js';
import type { BrokerNode } from './address.js';

/** The broker's own words in what amqplib throws, such as `NOT_FOUND - no exchange 'x' in vhost '/'`. */
export function brokerWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /with message "(.*)"$/s.exec(text)?.[1] ?? text.trim();
}

/** AMQP's reply code (406: PRECONDITION_FAILED), when the broker closed a channel or connection with one. */
export function replyCode(error: unknown): number | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
}

interface Told {
  /** What is wrong, after "RabbitMQ at host:port". */
  words: string;
  /** What whoever runs this service should do. */
  advice: string;
}

const RUNS = 'Check RABBITMQ_URL, and that the broker runs.';

/** What amqplib, Node's sockets and TLS say, and what it means. The first that fits is told. */
const MEANINGS: [said: RegExp, told: Told | ((error: Error, node: BrokerNode) => Told)][] = [
  [
    /ACCESS.REFUSED/,
    {
      words: 'refuses the login',
      advice:
        'Check the user and the password in RABBITMQ_URL; the user guest may log in on the broker’s own machine only.',
    },
  ],
  [
    /Expected ConnectionOpenOk/,
    (_error, { vhost }) => ({
      words: `refuses the vhost ${vhost}: there is none of that name, or the user may not use it`,
      advice: 'Check RABBITMQ_VHOST (the bare name, without a slash before it) or the path of RABBITMQ_URL.',
    }),
  ],
  [/ENOTFOUND|EAI_AGAIN/, { words: 'has a host name that nobody knows', advice: 'Check RABBITMQ_URL.' }],
  [
    /certificate|altname|self.signed/i,
    ({ message }) => ({
      words: `shows a certificate that is not believed (${message})`,
      advice: 'Check RABBITMQ_SSL_CA_FILE, and that RABBITMQ_URL has the host name of the certificate.',
    }),
  ],
  [
    /wrong version number|ssl routines|EPROTO/i,
    {
      words: 'does not speak TLS there',
      advice: 'Write amqp:// in RABBITMQ_URL, or the port of its TLS listener (5671).',
    },
  ],
  [
    /closed abruptly|secure TLS connection|ECONNRESET/,
    {
      words: 'closed the connection while it was being opened',
      advice: 'Check that RABBITMQ_URL names an AMQP port, and says amqps:// where the broker wants TLS.',
    },
  ],
  [/ECONNREFUSED/, { words: 'refuses connections', advice: RUNS }],
  [/ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/, { words: 'does not answer', advice: RUNS }],
];

/** Why a connection could not be opened, in words; they hold no password. */
export function connectFailure(error: unknown, node: BrokerNode): AppError & { advice: string } {
  const cause = error instanceof Error ? error : new Error(String(error));
  const text = `${cause.message} ${(cause as NodeJS.ErrnoException).code ?? ''}`;
  const meaning = MEANINGS.find(([said]) => said.test(text))?.[1];
  const told = typeof meaning === 'function' ? meaning(cause, node) : meaning;
  const words = told?.words ?? `cannot be reached (${brokerWords(cause)})`;
  return Object.assign(unavailable(`RabbitMQ at ${node.host}:${node.port} ${words}`, cause), {
    advice: told?.advice ?? RUNS,
  });
}

/** Nothing was published; the same may succeed later. `what` is a sentence without its full stop. */
export function unavailable(what = 'RabbitMQ cannot be used at present', cause?: unknown): AppError {
  return new AppError('EXCHANGE_UNAVAILABLE', `${what}.`, { cause });
}

/** Why `what` (such as `The queue expenses`) could not be declared. */
export function declareFailure(what: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const words = brokerWords(error);
  switch (replyCode(error)) {
    case 406:
      return new AppError(
        'TOPOLOGY_MISMATCH',
        `${what} exists with other properties (${words}). Delete it, or name another.`,
        { cause: error },
      );
    case 403:
      return unavailable(
        `${what} may not be declared by this user (${words}): grant it configure, write and read`,
        error,
      );
    default:
      return unavailable(`${what} cannot be declared (${words})`, error);
  }
}
