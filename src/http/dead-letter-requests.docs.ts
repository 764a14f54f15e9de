import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiQuery } from './api-docs.js';

/** Documents `letterPage`. */
export function LetterPageQuery(): MethodDecorator {
  return applyDecorators(
    ApiQuery({
      name: 'limit',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
    }),
    ApiQuery({
      name: 'after',
      required: false,
      schema: { type: 'string' },
      description: 'The `next` of the page before.',
    }),
  );
}

/** Documents ResendRequest. `id`: one for the example. */
export function ResendBody(id: string): MethodDecorator {
  return ApiBody({
    required: true,
    description: 'At least `{}`, as JSON.',
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        ids: {
          type: 'array',
          maxItems: 1000,
          items: { type: 'string', maxLength: 200 },
          description: 'Without it: all.',
        },
        dry_run: { type: 'boolean', default: false, description: 'Only say what would be sent.' },
      },
    },
    examples: { all: { value: {} }, some: { value: { ids: [id] } }, look: { value: { dry_run: true } } },
  });
}

/** Documents ResendRequest where the path names the letter. */
export function ResendOneBody(): MethodDecorator {
  return ApiBody({
    required: true,
    description: 'At least `{}`, as JSON.',
    schema: { type: 'object', additionalProperties: false, properties: { dry_run: { type: 'boolean' } } },
  });
}
