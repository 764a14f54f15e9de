import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Admin, Consumer, ISocketFactoryArgs, Kafka, KafkaConfig, LogEntry, Producer } from 'kafkajs';
import type { Logger } from 'pino';

const KEEP_ALIVE_MS = 30_000;

/** One kafkajs client with its connections. Each producer, admin and reader has its own. */
export interface KafkaClient {
  readonly kafka: Kafka;
  /**
   * Breaks the connections to `broker` (host:port), or all. kafkajs goes on waiting at a connection whose other end
   * fell silent without a word; broken, it is opened anew.
   */
  dropConnections(broker?: string): void;
}

export type ClientFactory = () => KafkaClient;

type KafkaJs = Pick<typeof import('kafkajs'), 'Kafka' | 'logLevel'>;

/** Makes clients that share a configuration and nothing else. What kafkajs logs comes out at `debug`. */
export function clientFactory(
  { Kafka, logLevel }: KafkaJs,
  config: KafkaConfig,
  logger: Logger,
): ClientFactory {
  const level = logger.isLevelEnabled('debug') ? logLevel.INFO : logLevel.NOTHING;
  return () => {
    const sockets = new Map<Socket, string>();
    const kafka = new Kafka({
      ...config,
      // For connecting and metadata only: sending has its own rule (producer-slot.ts).
      retry: { retries: 2, initialRetryTime: 100, maxRetryTime: 1000 },
      logLevel: level,
      logCreator: () => (entry) => logEntry(logger, entry),
      socketFactory: (args) => {
        const socket = openSocket(args);
        sockets.set(socket, `${args.host}:${args.port}`);
        return socket.once('close', () => sockets.delete(socket));
      },
    });
    const dropConnections = (broker?: string) => {
      for (const [socket, to] of sockets) {
        if (broker === undefined || to === broker) socket.destroy(new Error('the connection was given up'));
      }
    };
    return { kafka, dropConnections };
  };
}

/** Gives a connection up when a request on it got no answer in time. */
export function dropSilentConnections(user: Producer | Admin | Consumer, client: KafkaClient): void {
  const listen = user.on.bind(user) as (
    event: string,
    listener: (event: { payload: { broker: string } }) => void,
  ) => void;
  listen(user.events.REQUEST_TIMEOUT, ({ payload }) => client.dropConnections(payload.broker));
}

function openSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): Socket {
  const socket = ssl
    ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }), ...ssl }, onConnect)
    : connectTcp({ host, port }, onConnect);
  return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
}

/** A few fields that are known to hold no secret. */
function logEntry(logger: Logger, { namespace, log }: LogEntry): void {
  const { message, broker, groupId } = log as { message: string; broker?: string; groupId?: string };
  logger.debug({ kafkajs: namespace, broker, groupId }, message);
}
