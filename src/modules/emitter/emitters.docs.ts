import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam } from '../../http/api-docs.js';
import { ApiErrors, BODY_ERRORS } from '../../http/api-errors.js';
import { JsonExample } from '../../http/json-example.js';

const percentiles = { p50: 0.4, p95: 1.1, p99: 1.3 };
const emitter = {
  name: 'propagator',
  state: 'running',
  schedule: 'every 1000 ms',
  next_at: '2026-01-31T12:00:01.000Z',
  target: 'POST http://localhost:8000',
  circuit_open: false,
  trouble: null,
  books: {
    planned: 10,
    sent: 9,
    skipped: { missed: 1, overlap: 0, paused: 0, circuit: 0, not_leader: 0 },
    delivered: 8,
    refused: 0,
    given_up: 0,
    in_flight: 1,
  },
  last_100: { size: 8, total: 8, failure_rate: 0, jitter_ms: percentiles, latency_ms: percentiles },
  dead_letters: 0,
};
const ended = {
  key: 'propagator-8b1f…',
  end: 'delivered',
  reason: 'answered 201',
  status: 201,
  attempts: 1,
  elapsed_ms: 12,
};

const theName = ApiParam({ name: 'name', example: emitter.name });
const UNKNOWN = { EMITTER_UNKNOWN: 'There is no such emitter.' } as const;
const noBody = ApiBody({
  required: true,
  description: '`{}`, as JSON.',
  schema: { type: 'object', additionalProperties: false },
});
const changing = { ...BODY_ERRORS, ...UNKNOWN, VALIDATION_FAILED: 'A field is unknown.' } as const;

export function EmittersDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'All emitters, with their books and statistics',
      description:
        'planned = sent + all skipped; sent = delivered + refused + given_up + in_flight. `last_100` is about the last 100 messages that ended.',
    }),
    JsonExample('In the order of the configuration.', { emitters: [emitter] }),
    ApiErrors({}),
  );
}

export function EmitterDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'One emitter' }),
    theName,
    JsonExample('The same for one.', emitter),
    ApiErrors(UNKNOWN),
  );
}

export function PauseDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Pauses an emitter',
      description:
        'Its ticks are counted as skipped. What is in flight goes on. A restart forgets it: `paused: true` in EMITTERS_FILE stays.',
    }),
    theName,
    noBody,
    JsonExample('It is paused.', { ...emitter, state: 'paused' }),
    ApiErrors(changing),
  );
}

export function ResumeDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Lets a paused emitter go on, on its old grid' }),
    theName,
    noBody,
    JsonExample('It is running.', emitter),
    ApiErrors(changing),
  );
}

export function TriggerDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Sends one message now',
      description:
        'Also while the emitter is paused. With `wait: false` the answer does not wait for the end.',
    }),
    theName,
    ApiBody({
      required: true,
      schema: {
        type: 'object',
        additionalProperties: false,
        properties: { wait: { type: 'boolean', default: true } },
      },
    }),
    JsonExample('How it ended: `delivered`, `refused` or `given_up`; null without waiting.', ended),
    ApiErrors({
      ...changing,
      EMITTER_BUSY: 'As many messages are in flight as may be.',
      TARGET_UNAVAILABLE: 'The target keeps failing and is spared at present.',
      PAYLOAD_FILE_UNUSABLE: 'The process is starting, and has not read what it sends.',
      SHUTTING_DOWN: 'The process stops.',
    }),
  );
}
