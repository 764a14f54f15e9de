import { applyDecorators } from '@nestjs/common';
import { ApiOperation } from '../../http/api-docs.js';
import { ApiErrors } from '../../http/api-errors.js';
import { JsonExample } from '../../http/json-example.js';

const leading = {
  is_leader: true,
  node: 'carillon-0:17:8b1f03ce',
  leader: 'carillon-0:17:8b1f03ce',
  term: 1769860800123,
  since: '2026-01-31T12:00:00.123Z',
  time_left_ms: 8210,
  driver: 'redis',
  trouble: null,
};

export function LeaderDocs(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Who leads',
      description:
        'Of a process that leads this is what it knows by its own clock. Of the others it is what the lease’s server says; `leader` is null when nobody leads, or when the server does not answer: then `trouble` says why. `term` and `since` are null for a holder that is no Carillon, `time_left_ms` for a lease that never ends.',
    }),
    JsonExample('Always: also when the lease’s server is away, since this process is not.', leading),
    ApiErrors({}),
  );
}
