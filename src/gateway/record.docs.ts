import type { OpenAPIObject } from '@nestjs/swagger';
import { INSTANT_PATTERN } from '../core/instant.js';
import { recordSchema } from './record.schema.js';

type SchemaObject = Extract<
  NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string],
  { type?: unknown }
>;

/** The record's schema as OpenAPI 3.0 writes it: no `null` type, and of our own formats only what a pattern can say. */
export const recordSchemaDocs = toOpenApi(recordSchema) as SchemaObject;

function toOpenApi(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toOpenApi);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema as Record<string, unknown>);
  const { anyOf, ...rest } = Object.fromEntries(
    entries
      .filter(([name, value]) => !(name === 'type' && value === 'null'))
      .filter(([name, value]) => name !== 'format' || value === 'instant')
      .map(([name, value]) => (name === 'format' ? ['pattern', INSTANT_PATTERN] : [name, toOpenApi(value)])),
  );
  if (!Array.isArray(anyOf)) return rest;
  const kinds = anyOf.filter((kind: object) => Object.keys(kind).length > 0);
  return { ...rest, anyOf: kinds, nullable: kinds.length < anyOf.length };
}
