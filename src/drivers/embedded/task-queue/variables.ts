import { z } from 'zod';
import { int } from '../../../config/variable.js';

/** Variables of the embedded queue: it lies in memory, so it is bounded. */
export const taskQueueVariables = z.object({
  EMBEDDED_QUEUE_TASKS: int(
    { min: 1, max: 100_000_000, default: 500_000 },
    'How many tasks may lie in the embedded queue, those kept after they were done included; above it none are taken.',
  ),
  EMBEDDED_QUEUE_BYTES: int(
    { min: 1024, max: 64 * 1024 * 1024 * 1024, default: 256 * 1024 * 1024 },
    'How many bytes of payloads, headers and results may lie in the embedded queue; above it none are taken.',
  ),
});
