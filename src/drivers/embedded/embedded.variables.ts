import { z } from 'zod';
import { int } from '../../config/variable.js';

/** Variables of the embedded drivers: they share one file, and so these. */
export const embeddedVariables = z.object({
  EMBEDDED_PARTITIONS: int(
    { min: 1, max: 10_000, default: 3 },
    'Partitions of a topic that the embedded log creates. A topic that exists keeps its own number.',
  ),
  EMBEDDED_MAX_RECORD_BYTES: int(
    { min: 1024, max: 512 * 1024 * 1024, default: 1_048_576 },
    'The largest record that the embedded log takes, key, value and headers together, in bytes.',
  ),
  EMBEDDED_BUFFER_BYTES: int(
    { min: 1024, max: 4 * 1024 * 1024 * 1024, default: 32 * 1024 * 1024 },
    'How many bytes of records may wait for the disk, and as many of messages; above it requests are answered 503.',
  ),
  EMBEDDED_MAX_MESSAGE_BYTES: int(
    { min: 1024, max: 512 * 1024 * 1024, default: 16 * 1024 * 1024 },
    'The largest message that the embedded exchange takes, body, routing key, ids and headers together, in bytes.',
  ),
  EMBEDDED_MAX_MESSAGES: int(
    { min: 1, max: 1_000_000_000, default: 1_000_000 },
    'How many messages may lie in the queues of the embedded exchange, dead letters included; above it requests are answered 503.',
  ),
});

export type EmbeddedOptions = z.output<typeof embeddedVariables>;
