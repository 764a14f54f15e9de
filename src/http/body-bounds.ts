import { RouteConfig } from '@nestjs/platform-fastify';
import type { JsonBounds } from '../core/json-scan.js';
import { AppError } from '../core/errors.js';

const MANAGEMENT_MAX_BYTES = 256 * 1024;
const MANAGEMENT_MAX_DEPTH = 200;
const MANAGEMENT_MAX_KEYS = 1000;
const MANAGEMENT_MAX_VALUES = 10_000;
const RECORD_MAX_VALUES = 100_000;

/**
 * A body of the management API, and one monitor of an import: recursive code walks it, and the work of class-transformer
 * grows faster than its keys.
 */
export const MANAGEMENT_BODY = {
  bytes: MANAGEMENT_MAX_BYTES,
  depth: MANAGEMENT_MAX_DEPTH,
  keys: MANAGEMENT_MAX_KEYS,
  nodes: MANAGEMENT_MAX_VALUES,
} as const;

/** One record or event. Its depth is free: neither JSON.parse nor JsonWalk needs stack, and nothing else walks through it. */
export const LARGE_VALUE: JsonBounds = { depth: Infinity, nodes: RECORD_MAX_VALUES };

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * The route takes bodies up to BODY_LIMIT. `value`: one JSON value within LARGE_VALUE; the handler gets a long one
     * as a `LongValue`, which it must walk through. `array`: the elements of a large array are read one by one
     * (`LargeArray`), each within the bounds that the handler names.
     */
    largeBody?: 'value' | 'array';
  }
}

/** Lets a route take bodies up to BODY_LIMIT; without it they are bounded by MANAGEMENT_BODY. */
export function LargeBody(kind: 'value' | 'array'): MethodDecorator {
  return RouteConfig({ largeBody: kind });
}

/** @throws AppError BODY_TOO_COMPLEX */
export function refuseExcess(excess: string | null, what: string): void {
  if (excess !== null) throw new AppError('BODY_TOO_COMPLEX', `${what} ${excess}. Nothing was taken.`);
}
