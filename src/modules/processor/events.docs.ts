import { applyDecorators } from '@nestjs/common';
import { VISIBLE_255 } from '../../gateway/gateway.docs.js';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiResponse } from '../../http/api-docs.js';
import { ApiErrors, BODY_ERRORS } from '../../http/api-errors.js';

const created = {
  action: 'created',
  entity: 'expense',
  data: { id: 7, amount: 12.5 },
  timestamp: '2026-01-31T12:00:00Z',
};
const published = {
  success: true,
  message: 'Event published',
  exchange: 'expenses_exchange',
  routing_key: 'expense.created',
  message_id: '5b0c1d3e-8d0c-4d40-9c5b-2f6a1f9f8a11',
};

export function EventDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Publishes a message to the exchange',
      description:
        'Answers when the broker has it safe. The body is any JSON value and goes on as it was written. A repeat with the same X-Message-Id makes no second file.',
    }),
    ApiParam({
      name: 'routingKey',
      schema: { type: 'string', minLength: 1, maxLength: 255, example: 'expense.created' },
      description: 'At most 255 bytes of UTF-8.',
    }),
    ApiHeader({
      name: 'X-Message-Id',
      required: false,
      schema: { type: 'string', pattern: VISIBLE_255 },
      description: 'Its identity; without one it gets a new one.',
    }),
    ApiBody({ schema: {}, examples: { created: { value: created } } }),
    ApiResponse({
      status: 200,
      description: 'Confirmed.',
      content: { 'application/json': { example: published } },
    }),
    ApiErrors({
      ...BODY_ERRORS,
      VALIDATION_FAILED: 'The routing key or X-Message-Id is too long or has wrong characters.',
      UNROUTABLE: 'No queue is bound for this routing key; the message is nowhere.',
      MESSAGE_TOO_LARGE: 'The broker takes no message of this size.',
      BUFFER_FULL: 'Too much waits for the broker.',
      EXCHANGE_UNAVAILABLE: 'The broker does not answer; the message was not published.',
      TOPOLOGY_MISMATCH: 'The broker has an exchange of this name and another type.',
      STORAGE_FULL: 'The disk of the exchange is full.',
      SHUTTING_DOWN: 'The process stops.',
      OUTCOME_UNKNOWN: 'No confirmation came in time: the message may have been published.',
    }),
  );
}
