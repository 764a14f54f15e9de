import { applyDecorators } from '@nestjs/common';
import { recordSchema } from '../../gateway/record.schema.js';
import { ApiOperation, ApiParam, ApiQuery, ApiResponse } from '../../http/api-docs.js';
import { ApiErrors, LARGE_ERRORS } from '../../http/api-errors.js';
import { JsonExample } from '../../http/json-example.js';

const { type, minLength, maxLength, pattern, not } = recordSchema.properties.topic;
const theTopic = ApiParam({
  name: 'topic',
  schema: { type, minLength, maxLength, pattern, not: { enum: [...not.enum] }, example: 'expenses' },
});

const READ_ERRORS = {
  VALIDATION_FAILED: 'The topic’s name or a query parameter is wrong.',
  TOPIC_UNKNOWN: 'There is no such topic; reading never creates one.',
  TOPIC_FORBIDDEN: 'The broker does not allow this client to read the topic.',
  RECORD_LOG_UNAVAILABLE: 'The log does not answer.',
  READERS_BUSY: `All readers are in use (KAFKA_READERS). Or: ${LARGE_ERRORS.READERS_BUSY}`,
  READ_TIMEOUT: 'The log did not answer within READ_TIMEOUT_MS.',
} as const;

const record = {
  partition: 1,
  offset: 42,
  key: 'user-7',
  value: {
    action: 'created',
    timestamp: '2026-01-31T12:00:00.000Z',
    source: 'python-producer-api',
    server_time: 1769860800,
  },
  timestamp: '2026-01-31T12:00:00.000Z',
  headers: {},
};

export function TopicsDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'The topics by name' }),
    JsonExample('All topics but the broker’s own.', { topics: ['expenses'] }),
    ApiErrors({
      RECORD_LOG_UNAVAILABLE: READ_ERRORS.RECORD_LOG_UNAVAILABLE,
      READERS_BUSY: 'All readers are in use (KAFKA_READERS).',
      READ_TIMEOUT: READ_ERRORS.READ_TIMEOUT,
    }),
  );
}

export function TopicDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'A topic’s partitions and offsets' }),
    theTopic,
    JsonExample('Records lie at the offsets from `earliest` to below `next`.', {
      topic: 'expenses',
      partitions: [{ partition: 0, earliest: 0, next: 7 }],
    }),
    ApiErrors(READ_ERRORS),
  );
}

export function RecordsDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Reads records back',
      description:
        'A value that is JSON comes as JSON, any other as a string, bytes that are no UTF-8 as `{base64}`.',
    }),
    theTopic,
    ApiQuery({
      name: 'partition',
      required: false,
      schema: { type: 'integer', minimum: 0, maximum: 2_147_483_647, default: 0 },
    }),
    ApiQuery({
      name: 'offset',
      required: false,
      schema: { type: 'integer', minimum: 0, maximum: 999_999_999_999_999, default: 0 },
    }),
    ApiQuery({
      name: 'limit',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
    }),
    JsonExample('A page; the next one begins at `next_offset`.', { records: [record], next_offset: 43 }),
    ApiErrors({
      ...READ_ERRORS,
      PARTITION_UNKNOWN: 'The topic has no such partition.',
    }),
  );
}

export function TailDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Follows a topic as server-sent events',
      description: 'From now on, all partitions: one event a record, with the id `<partition>-<offset>`.',
    }),
    theTopic,
    ApiResponse({
      status: 200,
      description: 'Goes on until the client leaves or the service stops.',
      content: { 'text/event-stream': { example: `id: 1-42\ndata: ${JSON.stringify(record)}\n\n` } },
    }),
    ApiErrors({
      ...READ_ERRORS,
      READERS_BUSY: 'Too many followers or readers (TAIL_CLIENTS, KAFKA_READERS).',
    }),
  );
}
