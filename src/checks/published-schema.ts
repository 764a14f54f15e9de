import { z } from 'zod';
import type { CheckDefinition } from './define-check.js';

/** What `GET /checks` says of a type. */
export interface PublishedCheck {
  type: string;
  description: string;
  /** JSON Schema (draft 2020-12) of `config`, as people write it: what has a default may be left out. */
  schema: Record<string, unknown>;
  /** Keys of the config that no answer shows. */
  secrets: string[];
}

export function publishedSchema({ type, describe, schema, secrets }: CheckDefinition): PublishedCheck {
  const { $schema: _, ...published } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return {
    type,
    description: describe,
    schema: { ...published, additionalProperties: false },
    secrets: [...(secrets ?? [])],
  };
}
