import { setMaxListeners } from 'node:events';
import type { CompressionTypes } from 'kafkajs';
import { backoffMs } from '../../core/backoff.js';
import { systemClock } from '../../core/clock.js';
import type { DriverContext } from '../define-driver.js';
import { AdminLink } from './admin-link.js';
import type { SendSettings } from './attempt.js';
import { AutoCreation } from './auto-creation.js';
import { ByteBudget } from '../../core/byte-budget.js';
import type { ClientFactory } from './client.js';
import { producerConnector } from './connect-producer.js';
import { Consuming } from './consuming.js';
import { KafkaRecordLog } from './kafka-record-log.js';
import type { KafkaOptions } from './kafka.variables.js';
import { producerMetrics } from './metrics.js';
import { partitionerNamed } from './partitioner.js';
import { ProducerPool } from './producer-pool.js';
import { Producing } from './producing.js';
import { Reachability } from './reachability.js';
import { TopicCreator } from './topic-creator.js';
import { TopicDirectory } from './topic-directory.js';

/** So many share one request, and one fate when Kafka refuses it. */
const RECORDS_PER_REQUEST = 1000;
const SEQUENCE_LIMIT = 2 ** 30;

/** Puts the log together and begins to connect. */
export function openLog(
  clients: ClientFactory,
  options: KafkaOptions,
  context: DriverContext,
  compression: CompressionTypes,
): KafkaRecordLog {
  const ending = new AbortController();
  setMaxListeners(0, ending.signal); // each partition that waits listens to it
  const reachability = new Reachability(context.logger);
  const admin = new AdminLink(clients);
  const directory = new TopicDirectory({
    admin,
    creator: new TopicCreator(clients),
    autoCreation: new AutoCreation(admin, systemClock),
    reachability,
    clock: systemClock,
    signal: ending.signal,
  });
  const settings = { acks: acksOf(options), timeoutMs: options.KAFKA_REQUEST_TIMEOUT_MS * 0.9, compression };
  const shared = { directory, reachability, clients, ending };
  const producing = openProducing(options, context, settings, shared);
  const consuming = new Consuming({
    clients,
    admin,
    directory,
    reachability,
    gateway: context.gateway,
    readers: options.KAFKA_READERS,
    logger: context.logger,
  });
  void untilReady(consuming, reachability, ending.signal);
  return new KafkaRecordLog(producing, consuming, reachability);
}

interface Shared {
  clients: ClientFactory;
  directory: TopicDirectory;
  reachability: Reachability;
  ending: AbortController;
}

function openProducing(
  options: KafkaOptions,
  context: DriverContext,
  settings: SendSettings,
  { clients, directory, reachability, ending }: Shared,
): Producing {
  const idempotent = settings.acks === -1;
  if (!idempotent) {
    const text = `KAFKA_ACKS=${options.KAFKA_ACKS}: idempotence is off; a record whose confirmation is lost is not sent again.`;
    context.logger.warn(text);
  }
  const budget = new ByteBudget(options.KAFKA_BUFFER_MEMORY);
  const metrics = producerMetrics(context.metrics, () => budget.used);
  const pool = new ProducerPool(options.KAFKA_PRODUCERS, {
    connect: producerConnector(clients, idempotent),
    reachability,
    onReplaced: (reason) => metrics.replaced(reason),
    signal: ending.signal,
  });
  pool.start();
  return new Producing({
    pool,
    directory,
    partitioner: partitionerNamed(options.KAFKA_PARTITIONER),
    budget,
    lingerMs: options.KAFKA_LINGER_MS,
    batchBytes: options.KAFKA_BATCH_SIZE,
    maxRecordBytes: options.KAFKA_MAX_REQUEST_BYTES,
    timeoutMs: context.gateway.produceTimeoutMs,
    end: () => ending.abort(),
    sender: {
      settings,
      limits: { bytes: options.KAFKA_MAX_REQUEST_BYTES, records: RECORDS_PER_REQUEST },
      retries: options.KAFKA_RETRIES,
      idempotent,
      sequenceLimit: SEQUENCE_LIMIT,
      metrics,
      clock: systemClock,
      signal: ending.signal,
    },
  });
}

function acksOf({ KAFKA_ACKS }: KafkaOptions): -1 | 0 | 1 {
  if (KAFKA_ACKS === '1') return 1;
  return KAFKA_ACKS === '0' ? 0 : -1;
}

/** Asks until Kafka answers for the first time; failures are logged on the way. */
async function untilReady(
  consuming: Consuming,
  reachability: Reachability,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; !signal.aborted && !reachability.wasReady; attempt += 1) {
    await consuming.ping().catch(() => undefined);
    if (!reachability.wasReady) {
      await systemClock.sleep(50 + backoffMs(attempt, { baseMs: 200, capMs: 2000 }), signal);
    }
  }
}
