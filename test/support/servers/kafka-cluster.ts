import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFindings } from './findings.js';
import { claimPorts } from './ports.js';
import { runProgram, runScript } from './run-script.js';

export interface KafkaOptions {
  /** Three: replication 3, min.insync.replicas 2. */
  brokers?: 1 | 3;
  /** Whether topics are made at first use; true when left out. */
  autoCreate?: boolean;
  /** Also listen with SASL_SSL and SSL: see `security` of the cluster. */
  security?: boolean;
  /** The port that clients are told to use instead of the broker's own (broker N: + N - 1): a proxy's. */
  advertisedPort?: number;
  /** More broker properties, e.g. `{ 'message.max.bytes': '1000' }`. */
  properties?: Record<string, string>;
}

/** One user, who may log in by PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512. `ca` is PEM text, also kept in `caFile`. */
export interface KafkaSecurity {
  saslBrokers: string[];
  tlsBrokers: string[];
  ca: string;
  caFile: string;
  username: string;
  password: string;
}

/** Brokers are numbered from 1. */
export interface KafkaCluster {
  /** What a client is given to begin with. It then follows the advertised addresses. */
  brokers: string[];
  /** Addresses that advertise themselves: around a proxy, to look at what really arrived. */
  directBrokers: string[];
  security?: KafkaSecurity;
  /** SIGKILL. */
  killBroker(node: number): Promise<void>;
  /** Starts a killed broker again, on its data; resolves when it is up. */
  startBroker(node: number): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  pauseBroker(node: number): Promise<void>;
  resumeBroker(node: number): Promise<void>;
  stop(): Promise<void>;
}

const USER = { username: 'carillon', password: 'secret' };
/** Where kafka-config.sh puts the listeners of broker 1, counted from the first port. */
const OFFSETS = { client: 0, internal: 6, sasl: 9, tls: 12 };

/** Three brokers (or as told) of the caller's own; call `stop` in `afterAll`. Takes 2 to 8 s. */
export async function startKafkaCluster(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const count = options.brokers ?? 3;
  const ports = await claimPorts();
  const folder = join(readFindings().runFolder, `kafka-${randomUUID().slice(0, 8)}`);
  const env = environment({ ...options, brokers: count }, ports.first, folder);
  const script = async (...args: string[]): Promise<void> =>
    void (await runScript('kafka.sh', args, { env }));
  const stop = async (): Promise<void> => {
    await script('stop');
    ports.release();
  };
  const addresses = (offset: number): string[] =>
    Array.from({ length: count }, (_, i) => `127.0.0.1:${ports.first + offset + i}`);
  try {
    await script('start');
    await warm(addresses(OFFSETS.internal));
    return {
      brokers: addresses(OFFSETS.client),
      directBrokers: addresses(OFFSETS.internal),
      security: options.security ? await security(folder, addresses) : undefined,
      killBroker: (node) => script('kill-broker', String(node)),
      startBroker: (node) => script('start-broker', String(node)),
      pauseBroker: (node) => script('pause-broker', String(node)),
      resumeBroker: (node) => script('resume-broker', String(node)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One broker of the caller's own; call `stop` in `afterAll`. */
export function startPrivateKafka(options: Omit<KafkaOptions, 'brokers'> = {}): Promise<KafkaCluster> {
  return startKafkaCluster({ ...options, brokers: 1 });
}

/** Until every coordinator answers: see kafka-warm.mjs. */
export async function warm(brokers: string[]): Promise<void> {
  await runProgram(process.execPath, ['test/servers/kafka-warm.mjs', brokers.join(',')]);
}

function environment(options: KafkaOptions, port: number, folder: string): Record<string, string> {
  const extra = Object.entries(options.properties ?? {}).map(([name, value]) => `${name}=${value}`);
  return {
    BROKERS: String(options.brokers),
    KAFKA_PORT: String(port),
    KAFKA_RUN: folder,
    KAFKA_KEEP: '0',
    KAFKA_ADVERTISED_PORT: String(options.advertisedPort ?? port),
    KAFKA_AUTO_CREATE: String(options.autoCreate ?? true),
    KAFKA_SECURITY: options.security ? '1' : '0',
    KAFKA_USER: USER.username,
    KAFKA_PASSWORD: USER.password,
    KAFKA_EXTRA: extra.join('\n'),
  };
}

async function security(folder: string, addresses: (offset: number) => string[]): Promise<KafkaSecurity> {
  const caFile = join(folder, 'ca.pem');
  const ca = await readFile(caFile, 'utf8');
  return { saslBrokers: addresses(OFFSETS.sasl), tlsBrokers: addresses(OFFSETS.tls), ca, caFile, ...USER };
}
