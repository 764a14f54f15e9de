import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery } from '../../../../http/api-docs.js';
import { ApiErrors } from '../../../../http/api-errors.js';
import { JsonExample } from '../../../../http/json-example.js';
import { LONGEST_PING } from './push.query.js';

export function PushDocs(summary: string): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary,
      description:
        'The URL of a monitor of type push, for the job that it watches: silence is the failure. The next check takes it in. POST without a body needs no Content-Type.',
    }),
    ApiParam({ name: 'token', description: 'The `push_token` of the monitor.' }),
    ApiQuery({
      name: 'status',
      required: false,
      schema: { type: 'string', pattern: '^(?:[uU][pP]|[dD][oO][wW][nN]|1|0|)$', default: 'up' },
      description: '`up` or `down`, or 1 and 0.',
    }),
    ApiQuery({
      name: 'msg',
      required: false,
      schema: { type: 'string' },
      description: 'The first 1,000 characters are kept.',
    }),
    ApiQuery({
      name: 'ping',
      required: false,
      schema: { type: 'number', minimum: 0, maximum: LONGEST_PING },
      description: 'How long the job took, milliseconds.',
    }),
    JsonExample('It is kept.', { ok: true }),
    ApiErrors({
      PUSH_UNKNOWN: 'No monitor has this token.',
      VALIDATION_FAILED: '`status` or `ping` is something else.',
      MONITOR_STORE_UNAVAILABLE: 'The database does not answer: call again.',
      STORAGE_FULL: 'The database has no room.',
      OUTCOME_UNKNOWN: 'The database did not answer: call again.',
      SHUTTING_DOWN: 'The process stops: call again.',
    }),
  );
}
