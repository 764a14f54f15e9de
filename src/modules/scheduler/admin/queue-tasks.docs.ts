import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiResponse } from '../../../http/api-docs.js';
import { ApiErrors, BODY_ERRORS, LARGE_ERRORS } from '../../../http/api-errors.js';
import { JsonExample } from '../../../http/json-example.js';
import { TASK_STATES } from '../../../ports/task-queue.port.js';
import { MOST_PAGES, MOST_TASKS } from './queue-requests.js';
import { NO_QUEUE, noBody, theQueue } from './queues.docs.js';

const task = {
  id: '0b0d6b3e-52b1-4f0a-8a5e-6d1f7a3c9e21:1769860800000',
  queue: 'default',
  type: 'monitor:healthcheck',
  state: 'completed',
  payload: {
    monitor_id: '0b0d6b3e-52b1-4f0a-8a5e-6d1f7a3c9e21',
    scheduled_at: '2026-01-31T12:00:00Z',
  },
  payload_encoding: 'json',
  payload_bytes: 98,
  headers: {},
  max_retries: 3,
  retried: 0,
  last_error: null,
  last_failed_at: null,
  next_at: null,
  completed_at: '2026-01-31T12:00:00.000Z',
  result: null,
  result_encoding: null,
  result_bytes: null,
};

const theId = ApiParam({
  name: 'id',
  example: task.id,
  description: '`<monitor>:<planned time in ms>` for ticks; percent-encoded where needed.',
});
const GONE = { ...NO_QUEUE, TASK_UNKNOWN: 'There is no task of this id in the queue.' } as const;
const UNSURE = { OUTCOME_UNKNOWN: 'Redis did not answer: it may have been done.' } as const;
const changing = {
  ...BODY_ERRORS,
  ...GONE,
  ...UNSURE,
  VALIDATION_FAILED: 'A field is unknown.',
  TASK_DAMAGED: 'The task cannot be read; delete it, if nobody needs it.',
} as const;
const done = (description: string) => ApiResponse({ status: 204, description });

export function TasksDocs(): MethodDecorator {
  const whole = (name: string, rest: object) =>
    ApiQuery({ name, required: false, schema: { type: 'integer', minimum: 1, ...rest } });
  return applyDecorators(
    ApiOperation({
      summary: 'The tasks of a queue that are in one state, in pages',
      description:
        'Pending and active ones: the next to run first; the others by time. Payloads and results above 4 KiB are shown with their task alone. Damaged tasks are left out, and the log names them.',
    }),
    theQueue,
    ApiQuery({
      name: 'state',
      required: false,
      enum: [...TASK_STATES],
      description: '`pending` by default.',
    }),
    whole('page', { maximum: MOST_PAGES, default: 1 }),
    whole('size', { maximum: MOST_TASKS, default: 100 }),
    JsonExample('A page; fewer than `size` when it is the last.', {
      queue: task.queue,
      state: task.state,
      page: 1,
      size: 100,
      tasks: [task],
    }),
    ApiErrors({ ...NO_QUEUE, ...LARGE_ERRORS, VALIDATION_FAILED: '`state`, `page` or `size` is wrong.' }),
  );
}

export function TaskDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'One task',
      description:
        '`payload` and `result` are JSON where they are JSON, else base64: `payload_encoding`, `result_encoding`.',
    }),
    theQueue,
    theId,
    JsonExample('Whole.', task),
    ApiErrors({
      ...GONE,
      ...LARGE_ERRORS,
      TASK_DAMAGED: 'The task cannot be read.',
      TASK_STATE: 'It waits in a group of Asynq’s, which only its own tools show.',
    }),
  );
}

export function RunTaskDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Runs a scheduled, retry or archived task now' }),
    theQueue,
    theId,
    noBody,
    done('It is pending.'),
    ApiErrors({ ...changing, TASK_STATE: 'It is pending, active or completed.' }),
  );
}

export function ArchiveTaskDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Takes a pending, scheduled or retry task out of the way',
      description: 'It runs only when somebody asks for it. Its id stays taken.',
    }),
    theQueue,
    theId,
    noBody,
    done('It is archived.'),
    ApiErrors({ ...changing, TASK_STATE: 'It is active, archived or completed.' }),
  );
}

export function CancelTaskDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Aborts an active task, wherever it runs',
      description: 'Counts as a failed attempt: it is tried again as others are.',
    }),
    theQueue,
    theId,
    noBody,
    done('Its worker was told.'),
    ApiErrors({ ...changing, TASK_STATE: 'It is not active.' }),
  );
}

export function DeleteTaskDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Deletes a task that is not active',
      description:
        'For good, and its id is free: a tick within the catch-up window could be enqueued a second time.',
    }),
    theQueue,
    theId,
    done('It is gone.'),
    ApiErrors({ ...GONE, ...UNSURE, TASK_STATE: 'It is active; cancel it.' }),
  );
}
