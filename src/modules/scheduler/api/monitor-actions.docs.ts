import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse } from '../../../http/api-docs.js';
import { ApiErrors, BODY_ERRORS, LARGE_ERRORS } from '../../../http/api-errors.js';
import { JsonExample } from '../../../http/json-example.js';
import { BAD_ID, CHANGED, monitor, STORE, theId, UNKNOWN, WRITING } from './monitor.docs.js';
import { PageQuery } from './monitors.docs.js';

const noBody = ApiBody({
  required: true,
  description: '`{}`, as JSON.',
  schema: { type: 'object', additionalProperties: false },
});

const result = {
  id: `${monitor.id}:1769860800000`,
  planned_at: '2026-01-31T12:00:00.000Z',
  at: '2026-01-31T12:00:00.120Z',
  status: 1,
  status_text: 'up',
  found: 'up',
  latency_ms: 31.5,
  message: '200 OK',
};
const asked = {
  task_id: `${monitor.id}:now:8b1f03ce-93c5-4d27-a4b5-5b6a4f4e2c10`,
  monitor_id: monitor.id,
  queue: 'default',
  scheduled_at: '2026-01-31T12:00:00.000Z',
};

export function HistoryDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Results of a monitor, the newest first',
      description:
        '`found` is what the check saw, `status` what that meant (0 down, 1 up, 2 pending, 3 maintenance; null: unknown). Kept for RESULTS_RETENTION_DAYS.',
    }),
    theId,
    PageQuery('^[A-Za-z0-9_-]{0,500}$'),
    JsonExample('`next` is null when nothing follows.', { results: [result], next: null }),
    ApiErrors({
      ...UNKNOWN,
      ...STORE,
      ...LARGE_ERRORS,
      VALIDATION_FAILED: `${BAD_ID} Or \`limit\` or \`after\` is wrong.`,
    }),
  );
}

const changing = {
  ...BODY_ERRORS,
  ...UNKNOWN,
  ...CHANGED,
  ...WRITING,
  VALIDATION_FAILED: `${BAD_ID} Or a field is unknown.`,
} as const;

export function PauseDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Pauses a monitor',
      description: 'It has no ticks until it is resumed. One that is paused stays as it is.',
    }),
    theId,
    noBody,
    JsonExample('It is paused.', { ...monitor, active: false }),
    ApiErrors(changing),
  );
}

export function ResumeDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Lets a paused monitor go on',
      description: 'From the next point of its grid on. One that is active stays as it is.',
    }),
    theId,
    noBody,
    JsonExample('It is active.', monitor),
    ApiErrors(changing),
  );
}

export function RunDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Checks a monitor now',
      description:
        'Beside its ticks, also while it is paused. The task is in its queue when this answers; its result comes into the history.',
    }),
    theId,
    noBody,
    ApiResponse({
      status: 202,
      description: 'The task that was enqueued.',
      content: { 'application/json': { example: asked } },
    }),
    ApiErrors({
      ...BODY_ERRORS,
      ...UNKNOWN,
      ...STORE,
      TASK_QUEUE_UNAVAILABLE: 'The queue does not answer; nothing was enqueued.',
      STORAGE_FULL: 'The queue has no room; nothing was enqueued.',
      OUTCOME_UNKNOWN: 'The queue did not answer: it may have been enqueued.',
      VALIDATION_FAILED: `${BAD_ID} Or a field is unknown.`,
    }),
  );
}
