import { applyDecorators } from '@nestjs/common';
import { QUEUED, SENT } from '../../gateway/answers.js';
import { APPEND_ERRORS, ApiIdempotencyKey, KEY_ERRORS } from '../../gateway/gateway.docs.js';
import { recordSchemaDocs } from '../../gateway/record.docs.js';
import { ApiBody, ApiConsumes, ApiOperation, ApiQuery, ApiResponse } from '../../http/api-docs.js';
import { ApiErrors, BODY_ERRORS } from '../../http/api-errors.js';

const written = { success: true, topic: 'expenses', message: SENT, partition: 1, offset: 42 };
const failed = {
  success: false,
  topic: 'a topic',
  error: {
    code: 'VALIDATION_FAILED',
    message: 'topic: A topic has 1 to 249 of the characters a-z A-Z 0-9 . _ -',
    retryable: false,
  },
};
const queued = { success: true, topic: 'expenses', message: QUEUED };
const records = [
  { topic: 'expenses', key: 'user-7', message: { action: 'created' } },
  { topic: 'audit', message: { note: 'any mix of topics' } },
];

function answer(status: number, description: string, example: object) {
  return ApiResponse({ status, description, content: { 'application/json': { example } } });
}

export function BatchDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Writes many records',
      description:
        'Any mix of topics, at most BATCH_MAX_RECORDS. Results are in request order; one bad record never changes what becomes of the others. Where nothing was written the answer is an error’s and has the results as well.',
    }),
    ApiIdempotencyKey(),
    ApiQuery({
      name: 'wait',
      required: false,
      schema: { type: 'boolean', default: true },
      description: '`false` answers 202 as soon as the batch is in the bounded buffer, before it is written.',
    }),
    ApiBody({ schema: { type: 'array', items: recordSchemaDocs }, examples: { mixed: { value: records } } }),
    answer(200, 'All were written, or the batch was empty.', {
      success: true,
      messages_sent: 1,
      results: [written],
    }),
    answer(202, 'With `?wait=false`: in the buffer, not yet written.', {
      success: true,
      messages_sent: 0,
      messages_queued: 1,
      results: [queued],
    }),
    answer(207, 'Some were written.', { success: false, messages_sent: 1, results: [written, failed] }),
    ApiErrors({
      ...BODY_ERRORS,
      BATCH_TOO_LARGE: 'More than BATCH_MAX_RECORDS records.',
      VALIDATION_FAILED: 'The body is no array, or no record of it is good.',
      ...APPEND_ERRORS,
      ...KEY_ERRORS,
    }),
  );
}

const line = (value: object) => `${JSON.stringify(value)}\n`;

export function StreamDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Writes a stream of records',
      description:
        'Newline-delimited JSON, one record a line; one result line a record comes back while the request is still being read, so read while you send. The last line is `{done, records, written, failed}`: without it the stream was broken off, and with `done: false` it carries the `error`.',
    }),
    ApiConsumes('application/x-ndjson'),
    ApiBody({ schema: { type: 'string' }, required: true }),
    ApiResponse({
      status: 200,
      description: 'A line a record, then the totals. Errors of records are results, as in a batch.',
      content: {
        'application/x-ndjson': {
          example: line(written) + line(failed) + line({ done: true, records: 2, written: 1, failed: 1 }),
        },
      },
    }),
    ApiErrors({
      UNSUPPORTED_MEDIA_TYPE: 'Content-Type is not application/x-ndjson.',
      UNSUPPORTED_ENCODING: 'Content-Encoding is neither gzip nor absent.',
      IDEMPOTENCY_KEY_INVALID: 'A stream takes no Idempotency-Key.',
    }),
  );
}
