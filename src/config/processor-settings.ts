import { resolve } from 'node:path';
import type { z } from 'zod';
import { processorVariables } from './processor.variables.js';
import { readVariables } from './read-variables.js';

export type SinkName = 'file' | 'http' | 'topic';

/** What the file sink promises. */
export interface FileSettings {
  /** An absolute path. */
  folder: string;
  fsync: boolean;
  time: 'local' | 'utc';
  shard: 'none' | 'day' | 'hour';
  identityMs: number;
}

/** What `processor` does. Times in milliseconds, sizes in bytes. */
export interface ProcessorSettings {
  exchange: string;
  queue: string | null;
  bindings: string[];
  prefetch: number;
  maxBytes: number;
  attempts: number;
  /** Ascending. */
  retryDelaysMs: number[];
  sinks: SinkName[];
  file: FileSettings;
  http: { url: URL | undefined; timeoutMs: number };
  topic: string;
}

/** Kafka's rule for a topic's name. */
export const TOPIC = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/;

/** What is wrong goes to `mistakes`. */
export function readProcessor(
  env: Readonly<Record<string, string>>,
  mistakes: string[],
): ProcessorSettings | undefined {
  const read = readVariables(processorVariables, env, mistakes);
  if (!read) return undefined;
  mistakes.push(...oddNames(read), ...oddSinks(read));
  return {
    exchange: read.RABBITMQ_EXCHANGE,
    queue: read.RABBITMQ_QUEUE ?? null,
    bindings: read.PROCESSOR_BINDINGS,
    prefetch: read.PROCESSOR_PREFETCH,
    maxBytes: read.PROCESSOR_MAX_BYTES,
    attempts: read.PROCESSOR_ATTEMPTS,
    retryDelaysMs: read.PROCESSOR_RETRY_DELAYS_MS,
    sinks: read.PROCESSOR_SINKS,
    file: {
      folder: resolve(read.OUTPUT_FOLDER),
      fsync: read.PROCESSOR_FSYNC === 'always',
      time: read.PROCESSOR_FILE_TIME,
      shard: read.PROCESSOR_SHARD,
      identityMs: read.PROCESSOR_IDENTITY_HOURS * 3_600_000,
    },
    http: { url: read.PROCESSOR_HTTP_URL, timeoutMs: read.PROCESSOR_HTTP_TIMEOUT_MS },
    topic: read.PROCESSOR_TOPIC,
  };
}

/** Its delay and dead-letter queues are named after a queue, or after the exchange without one. */
function* oddNames(read: z.output<typeof processorVariables>): Generator<string> {
  const bytes = (name: string) => Buffer.byteLength(name);
  if (bytes(read.RABBITMQ_EXCHANGE) > 255) yield 'RABBITMQ_EXCHANGE must be at most 255 bytes';
  if (bytes(read.RABBITMQ_QUEUE ?? '') > 200) yield 'RABBITMQ_QUEUE must be at most 200 bytes';
  if (read.RABBITMQ_QUEUE === undefined && bytes(read.RABBITMQ_EXCHANGE) > 200)
    yield 'RABBITMQ_EXCHANGE must be at most 200 bytes where RABBITMQ_QUEUE is unset';
  if (read.RABBITMQ_QUEUE?.startsWith('amq.'))
    yield 'RABBITMQ_QUEUE must not begin with amq., which RabbitMQ keeps for itself';
}

function* oddSinks(read: z.output<typeof processorVariables>): Generator<string> {
  if (read.PROCESSOR_SINKS.includes('http') && !read.PROCESSOR_HTTP_URL)
    yield 'PROCESSOR_HTTP_URL must say where PROCESSOR_SINKS=http posts to';
  if (!TOPIC.test(read.PROCESSOR_TOPIC))
    yield 'PROCESSOR_TOPIC must be 1 to 249 of the characters a-z A-Z 0-9 . _ -';
}
