import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation } from '../../http/api-docs.js';
import { ApiErrors, BODY_ERRORS } from '../../http/api-errors.js';
import { JsonExample } from '../../http/json-example.js';

const sync = {
  at: '2026-01-31T12:00:00.000Z',
  took_ms: 12,
  read: 10,
  added: 1,
  updated: 0,
  removed: 0,
  unschedulable: 0,
};
const status = {
  role: 'leader',
  state: 'running',
  node: 'carillon-0:17:8b1f03ce',
  term: 1769860800123,
  monitors: 10,
  total_jobs: 10,
  cron_entries: 10,
  unschedulable: { count: 0, examples: [] },
  next_due: '2026-01-31T12:00:00.412Z',
  lateness_ms: { ticks: 1640, p50: 27, p95: 51, p99: 54, max: 61 },
  watermark: '2026-01-31T12:00:00.400Z',
  books: {
    planned: 1641,
    enqueued: 1640,
    duplicate: 0,
    skipped: { missed: 0, fenced: 0, window: 0, paused: 0 },
    waiting: 1,
  },
  syncs: { load: sync, full: null, delta: null, events: sync },
  trouble: null,
};

export function SchedulerStatusDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'What the scheduler does, and its books',
      description:
        'Of this process; a standby holds no monitors. planned = enqueued + duplicate + all skipped + waiting, at every instant, over all terms of the process. `skipped`: `missed` had a newer tick due too (or SCHEDULER_CATCH_UP is `none`), `fenced` this process did not lead any more, `window` was older than SCHEDULER_CATCH_UP_WINDOW_S, `paused` its monitor was paused or deleted meanwhile. `total_jobs` and `cron_entries` are both the monitors that have ticks to come. `lateness_ms` is from the planned time to the queue’s answer, over the last 1,000 seconds, null without a tick. All ticks up to `watermark` are dealt with. `unschedulable` counts active monitors whose rows make no sense, with up to 100 examples. `state` is `loading`, `running`, `over` or `standby`.',
    }),
    JsonExample('Always.', status),
    ApiErrors({}),
  );
}

export function SchedulerSyncDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Reads all monitors anew',
      description: 'Answers when that is done. It moves no tick of a monitor whose plan was not edited.',
    }),
    ApiBody({
      required: true,
      description: '`{}`, as JSON.',
      schema: { type: 'object', additionalProperties: false },
    }),
    JsonExample('What it found.', { ...sync, monitors: 10 }),
    ApiErrors({
      ...BODY_ERRORS,
      VALIDATION_FAILED: 'A field is unknown.',
      NOT_LEADER: 'This process does not lead; the message names who does, where that is known.',
      MONITOR_STORE_UNAVAILABLE: 'The database does not answer.',
      SHUTTING_DOWN: 'The process stops.',
    }),
  );
}
