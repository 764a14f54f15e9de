import { z } from 'zod';
import { int, oneOf, optionalText } from './variable.js';

/** Variables of the parts `producer` and `batch`. */
export const gatewayVariables = z.object({
  PRODUCER_ENRICH: oneOf(
    ['body', 'headers', 'off'],
    'body',
    'Where `timestamp`, `source` and `server_time` are added: to a message that is an object, to the record headers, or nowhere. What the sender set stays.',
  ),
  MESSAGE_SOURCE: optionalText(
    'The `source` of the enrichment. Unset: KAFKA_CLIENT_ID, or `python-producer-api`.',
  ),
  PRODUCE_TIMEOUT_MS: int(
    { min: 100, max: 600_000, default: 15_000 },
    'How long a produce request may take. Past it: 503 when nothing was sent, 504 when the record may have been written.',
  ),
  READ_TIMEOUT_MS: int(
    { min: 100, max: 600_000, default: 15_000 },
    'How long reading records back may take.',
  ),
  BATCH_MAX_RECORDS: int({ min: 1, max: 1_000_000, default: 10_000 }, 'The most records in one batch.'),
  STREAM_STALL_MS: int(
    { min: 100, max: 3_600_000, default: 30_000 },
    'An answer of any kind of which the client reads nothing for so long is cut off.',
  ),
  STREAM_IDLE_MS: int(
    { min: 100, max: 86_400_000, default: 600_000 },
    'A stream to /produce/stream on which no whole line arrives for so long is ended; blank lines do not count.',
  ),
  TAIL_CLIENTS: int(
    { min: 0, max: 10_000, default: 64 },
    'The most followers of `/topics/:topic/tail` at once.',
  ),
  IDEMPOTENCY_TTL_S: int(
    { min: 1, max: 31_536_000, default: 86_400 },
    'How long an Idempotency-Key is remembered, in seconds.',
  ),
  IDEMPOTENCY_MAX_KEYS: int(
    { min: 1, max: 100_000_000, default: 100_000 },
    'The most keys remembered; the oldest settled ones go first.',
  ),
});
