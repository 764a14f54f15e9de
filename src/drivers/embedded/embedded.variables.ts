import { z } from 'zod';
import { int } from '../../config/variable.js';

/** Variables of the embedded record log; the idempotency store shares its file, and so its variables. */
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
    'How many bytes may wait for the disk; above it requests are answered 503.',
  ),
});

export type EmbeddedOptions = z.output<typeof embeddedVariables>;
