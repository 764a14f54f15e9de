import type { ISocketFactory, Kafka, KafkaConfig } from 'kafkajs';
import { isScram, scramLogin } from './scram-login.js';

export interface ProduceConfig {
  brokers: string[];
  topic: string;
  message: string;
  allow_auto_topic_creation: boolean;
  ssl: boolean;
  sasl_options?: { mechanism: string; username: string; password: string };
}

export interface ProduceContext {
  clientId: string;
  timeoutMs: number;
  socketFactory: ISocketFactory;
}

/** A topic that was just made has no leader at first. */
const RETRIES = { few: 1, whileMade: 5 };

/** Writes one record with acks=all. Whoever gave the sockets ends them. @throws what kafkajs throws */
export async function produceOnce(
  config: ProduceConfig,
  context: ProduceContext,
): Promise<{ partition: number; offset: string }> {
  const { default: kafkajs } = await import('kafkajs');
  const producer = new kafkajs.Kafka(await clientConfig(config, context)).producer({
    allowAutoTopicCreation: config.allow_auto_topic_creation,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  try {
    await producer.connect();
    const [answer] = await producer.send({
      topic: config.topic,
      acks: -1,
      timeout: Math.ceil(context.timeoutMs),
      messages: [{ value: config.message }],
    });
    return { partition: answer?.partition ?? 0, offset: answer?.baseOffset ?? '?' };
  } catch (error) {
    throw firstOf(error);
  } finally {
    void producer.disconnect().catch(() => undefined);
  }
}

async function clientConfig(config: ProduceConfig, context: ProduceContext): Promise<KafkaConfig> {
  const { clientId, timeoutMs, socketFactory } = context;
  const retries = config.allow_auto_topic_creation ? RETRIES.whileMade : RETRIES.few;
  return {
    clientId,
    brokers: config.brokers,
    ssl: config.ssl,
    sasl: await saslOf(config),
    connectionTimeout: Math.ceil(timeoutMs),
    authenticationTimeout: Math.ceil(timeoutMs),
    requestTimeout: Math.ceil(timeoutMs),
    retry: { retries, initialRetryTime: 100, maxRetryTime: 1_000 },
    logCreator: () => () => undefined,
    socketFactory,
  } satisfies ConstructorParameters<typeof Kafka>[0];
}

async function saslOf({ sasl_options: sasl }: ProduceConfig): Promise<KafkaConfig['sasl']> {
  if (!sasl || sasl.mechanism === 'None') return undefined;
  const { mechanism, username, password } = sasl;
  if (!isScram(mechanism)) return { mechanism: 'plain', username, password };
  const authenticationProvider = await scramLogin(mechanism, { username, password });
  return { mechanism: mechanism.toLowerCase(), authenticationProvider };
}

/** kafkajs wraps each error in one that says how often it tried; and keeps of a socket's the words alone. */
function firstOf(error: unknown): unknown {
  let first = error;
  while (first instanceof Error && first.cause instanceof Error) first = first.cause;
  return first;
}
