import { applyDecorators } from '@nestjs/common';
import { SENT } from '../../gateway/answers.js';
import { APPEND_ERRORS, ApiIdempotencyKey, KEY_ERRORS } from '../../gateway/gateway.docs.js';
import { recordSchemaDocs } from '../../gateway/record.docs.js';
import { ApiBody, ApiOperation, ApiResponse } from '../../http/api-docs.js';
import { ApiErrors, BODY_ERRORS } from '../../http/api-errors.js';

const example = {
  success: true,
  message: SENT,
  topic: 'expenses',
  partition: 1,
  offset: 42,
  timestamp: '2026-01-31T12:00:00.000Z',
};

export function ProduceDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Writes one record to a topic',
      description:
        'Answers when the record is written, with its real partition and offset. A message that is an object gets `timestamp`, `source` and `server_time` unless the sender set them (PRODUCER_ENRICH). Numbers are written as they were sent.',
    }),
    ApiIdempotencyKey(),
    ApiBody({
      schema: recordSchemaDocs,
      examples: {
        keyed: {
          value: {
            topic: 'expenses',
            key: 'user-7',
            message: { action: 'created', entity: 'expense', amount: 12.5 },
          },
        },
        partition: {
          value: {
            topic: 'expenses',
            message: { note: 'on partition 0' },
            partition: 0,
            headers: { trace: 'abc' },
          },
        },
        tombstone: { value: { topic: 'expenses', key: 'user-7', message: null } },
      },
    }),
    ApiResponse({ status: 200, description: 'Written.', content: { 'application/json': { example } } }),
    ApiErrors({
      ...BODY_ERRORS,
      VALIDATION_FAILED: 'A field is missing or wrong; `detail` lists each as `{type, loc, msg}`.',
      ...APPEND_ERRORS,
      ...KEY_ERRORS,
    }),
  );
}
