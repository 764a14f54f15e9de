import type { AbstractConnector, Redis } from 'ioredis';
import type { ServerInfo } from './server-check.js';

/** What ioredis 6 keeps to itself: its part that opens sockets, and looks at INFO before a connection is ready. */
interface Inner extends AbstractConnector {
  /** Of the connector for Sentinels only. */
  connectToSentinel?: (endpoint: unknown, options?: object) => Redis;
}

/** Its handshake, as it calls it. */
interface Handshake {
  auth: (login: unknown) => Promise<unknown>;
  info: (tell?: (error: Error | null, answer?: unknown) => void) => Promise<unknown>;
}

/** Answers to a login that ioredis goes on after: nobody asked for it; Redis 5, which knows no users. */
const UNASKED = /no password is set|without any password configured/;
const NO_USERS = /wrong number of arguments for 'auth'/;

function innerOf(redis: Redis): Inner {
  return (redis as unknown as { connector: Inner }).connector;
}

/** Has `isGood` look at every server before the connection to it is called ready; else it is closed and made anew. */
export function lookFirst(redis: Redis, isGood: (info: ServerInfo) => boolean): void {
  const connector = innerOf(redis);
  const check = connector.check.bind(connector);
  connector.check = (info: ServerInfo) => isGood(info) && check(info);
}

/**
 * ioredis prints past the log what it finds odd in a handshake and goes on after: a login that nobody asked for, of which
 * `onUnasked` is told instead; and INFO that is not permitted, which `lookFirst` sees.
 */
export function quietHandshake(redis: Redis, onUnasked: () => void): void {
  const handshake = redis as unknown as Handshake;
  const auth = handshake.auth.bind(redis);
  handshake.auth = (login) =>
    auth(login).catch((error: Error) => {
      if (UNASKED.test(error.message)) onUnasked();
      else if (!NO_USERS.test(error.message)) throw error;
    });
  const info = handshake.info.bind(redis);
  handshake.info = (tell) =>
    info(
      tell && ((error, answer) => (error?.message.includes('NOPERM') ? tell(null, {}) : tell(error, answer))),
    );
}

/**
 * ioredis prints the errors of the connections by which Sentinels tell of failovers, as nobody listens to them; and
 * gives them more time to say good-bye than it was told. `onUnasked`: see `quietHandshake`.
 */
export function quietSentinels(redis: Redis, onUnasked: () => void): void {
  const connector = innerOf(redis);
  const connect = connector.connectToSentinel?.bind(connector);
  if (!connect) return;
  const { disconnectTimeout } = redis.options;
  connector.connectToSentinel = (endpoint, options) => {
    const sentinel = connect(endpoint, { ...options, disconnectTimeout }).on('error', () => undefined);
    quietHandshake(sentinel, onUnasked);
    return sentinel;
  };
}
