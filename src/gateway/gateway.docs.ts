import { applyDecorators } from '@nestjs/common';
import type { ErrorCode } from '../core/errors.js';
import { ApiHeader } from '../http/api-docs.js';

/** 1 to 255 printable ASCII characters, as HTTP hands on a header: without spaces at its ends. */
export const VISIBLE_255 = '^[!-~](?:[ -~]{0,253}[!-~])?$';

/** What a record's append can end in. */
export const APPEND_ERRORS: Partial<Record<ErrorCode, string>> = {
  TOPIC_FORBIDDEN: 'The broker does not allow this client to write to the topic.',
  TOPIC_UNKNOWN: 'The topic does not exist and the broker does not create it.',
  PARTITION_UNKNOWN: 'The topic has no such partition.',
  RECORD_TOO_LARGE: 'The record is over the broker’s limit.',
  RECORD_REFUSED: 'The broker refuses the record, for example for its timestamp.',
  BUFFER_FULL: 'Too much is in flight; nothing was written. Retry after `Retry-After`.',
  RECORD_LOG_UNAVAILABLE: 'The log did not answer within PRODUCE_TIMEOUT_MS; nothing was written.',
  SHUTTING_DOWN: 'The service stops; nothing was written.',
  OUTCOME_UNKNOWN:
    'The answer of the log did not come in time: the record may still have been written, and is not sent again.',
  STORAGE_FULL: 'The embedded log’s disk is full; nothing was written.',
};

/** What an Idempotency-Key can be answered. */
export const KEY_ERRORS: Partial<Record<ErrorCode, string>> = {
  IDEMPOTENCY_KEY_INVALID: 'The key is empty, longer than 255 characters, or not printable ASCII.',
  IDEMPOTENCY_KEY_REUSED: 'The key came with another request before.',
  IDEMPOTENCY_IN_PROGRESS: 'Another process is answering the key’s first request.',
  IDEMPOTENCY_OUTCOME_UNKNOWN:
    'It is not known whether the key’s first request was written; it is never written twice.',
  IDEMPOTENCY_STORE_UNAVAILABLE: 'The keys cannot be reached; nothing was written.',
  IDEMPOTENCY_STORE_FULL: 'Too many keys are in progress (IDEMPOTENCY_MAX_KEYS); nothing was written.',
};

export function ApiIdempotencyKey(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      schema: { type: 'string', pattern: VISIBLE_255 },
      description:
        'Up to 255 characters. A repeat within IDEMPOTENCY_TTL_S gets the first answer, with the original offsets and the header `Idempotency-Replayed: true`, and writes nothing.',
    }),
  );
}
