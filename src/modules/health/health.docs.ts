import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '../../http/api-docs.js';
import { ApiErrors } from '../../http/api-errors.js';

const up = { port: 'RecordLog', driver: 'kafka', state: 'up' };
const down = { ...up, state: 'down', reason: 'no answer within 2000 ms' };
const health = {
  status: 'healthy',
  timestamp: '2026-01-31T12:00:00.000Z',
  kafka_connected: true,
  version: '0.1.0',
  parts: ['producer', 'batch', 'health'],
  ports: [up],
  troubles: [] as object[],
};
const trouble = {
  part: 'processor',
  code: 'OUTPUT_FULL',
  message: 'OUTPUT_FOLDER is full; consuming goes on when there is room.',
};

function answer(status: number, description: string, example: object) {
  return ApiResponse({ status, description, content: { 'application/json': { example } } });
}

export function HealthDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'How the process and each of its servers are' }),
    ApiErrors({}),
    answer(
      200,
      '`healthy`, or `degraded` when only ports are down, or parts in trouble, that do not decide readiness.',
      health,
    ),
    answer(503, '`unhealthy`.', {
      ...health,
      status: 'unhealthy',
      kafka_connected: false,
      ports: [down],
      troubles: [trouble],
    }),
  );
}

export function LiveDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Whether the process answers at all' }),
    ApiErrors({}),
    answer(200, 'The event loop turns; no server is asked.', { status: 'alive' }),
  );
}

export function ReadyDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Whether to send requests here' }),
    ApiErrors({}),
    answer(200, 'What the deciding parts (READY_REQUIRES) need is up.', {
      status: 'ready',
      ports: [up],
      troubles: [],
    }),
    answer(503, 'Something they need is down, or the process stops.', {
      status: 'not ready',
      ports: [down],
      troubles: [],
    }),
  );
}

export function MetricsDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Metrics in Prometheus’ text format' }),
    ApiErrors({}),
    ApiResponse({
      status: 200,
      content: { 'text/plain': { example: 'carillon_producer_records_total{code="OK"} 42' } },
    }),
  );
}
