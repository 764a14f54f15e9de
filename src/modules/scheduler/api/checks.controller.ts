import { Controller, Get, Inject } from '@nestjs/common';
import { publishedSchema, type PublishedCheck } from '../../../checks/published-schema.js';
import { ApiOperation } from '../../../http/api-docs.js';
import { ApiErrors } from '../../../http/api-errors.js';
import { JsonExample } from '../../../http/json-example.js';
import type { Checks } from './fields/check-config.js';
import { CHECKS } from './tokens.js';

const example = {
  type: 'tcp',
  description: 'Whether a port takes connections.',
  schema: {
    type: 'object',
    properties: { host: { type: 'string' }, port: { type: 'integer' } },
    required: ['host', 'port'],
    additionalProperties: false,
  },
  secrets: [],
};

/** What monitors can look at. */
@Controller('checks')
export class ChecksController {
  private readonly published: PublishedCheck[];

  constructor(@Inject(CHECKS) checks: Checks) {
    this.published = [...checks.values()].map(publishedSchema);
  }

  @Get()
  @ApiOperation({
    summary: 'The types of monitors',
    description: '`schema` is the JSON Schema of `config`; what stands in `secrets` is shown by no answer.',
  })
  @JsonExample('In the order of their names.', { checks: [example] })
  @ApiErrors({})
  list() {
    return { checks: this.published };
  }
}
