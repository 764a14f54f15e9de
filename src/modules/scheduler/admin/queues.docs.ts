import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam } from '../../../http/api-docs.js';
import { ApiErrors, BODY_ERRORS } from '../../../http/api-errors.js';
import { JsonExample } from '../../../http/json-example.js';

const queue = {
  name: 'default',
  is_paused: false,
  counts: { pending: 2, active: 10, scheduled: 0, retry: 0, archived: 0, completed: 61_250 },
  latency_ms: 12,
  processed_today: 61_250,
  failed_today: 0,
  processed: 4_211_008,
  failed: 17,
};

export const theQueue = ApiParam({ name: 'queue', example: queue.name });
export const noBody = ApiBody({
  required: true,
  description: '`{}`, as JSON.',
  schema: { type: 'object', additionalProperties: false },
});
export const AWAY = {
  TASK_QUEUE_UNAVAILABLE: 'Redis is away.',
  SHUTTING_DOWN: 'The process stops.',
} as const;
export const NO_QUEUE = {
  ...AWAY,
  QUEUE_UNKNOWN: 'There is no queue of this name. One exists from its first task on.',
} as const;
const holding = { ...BODY_ERRORS, ...NO_QUEUE, VALIDATION_FAILED: 'A field is unknown.' } as const;

export function QueuesDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'All task queues, with what lies in them',
      description:
        '`latency_ms`: how long the oldest pending task waits. `processed` and `failed`: attempts that ended, and those of them that failed; today is UTC’s.',
    }),
    JsonExample('By name.', { queues: [queue] }),
    ApiErrors(AWAY),
  );
}

export function QueueDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'One task queue' }),
    theQueue,
    JsonExample('The same for one.', queue),
    ApiErrors(NO_QUEUE),
  );
}

export function PauseQueueDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Pauses a queue',
      description:
        'No task of it begins, on any worker, until it is resumed; those in hand go on, and ticks are enqueued as before.',
    }),
    theQueue,
    noBody,
    JsonExample('It is paused.', { ...queue, is_paused: true }),
    ApiErrors(holding),
  );
}

export function ResumeQueueDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Lets a paused queue go on' }),
    theQueue,
    noBody,
    JsonExample('It goes on.', queue),
    ApiErrors(holding),
  );
}
