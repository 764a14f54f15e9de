import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.js';

/** A request's Idempotency-Key, and a digest of all that the key must always come with. */
export interface RequestKey {
  key: string;
  fingerprint: string;
}

const KEY = /^[\x20-\x7e]{1,255}$/;

/** The key of a request, or undefined without one. @throws AppError IDEMPOTENCY_KEY_INVALID */
export function requestKey(request: FastifyRequest): RequestKey | undefined {
  const header = request.headers['idempotency-key'];
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !KEY.test(header)) {
    throw new AppError(
      'IDEMPOTENCY_KEY_INVALID',
      'Idempotency-Key must be 1 to 255 printable ASCII characters.',
    );
  }
  const fingerprint = createHash('sha256')
    .update(request.url)
    .update('\0')
    .update(request.jsonText)
    .digest('base64');
  return { key: header, fingerprint };
}
