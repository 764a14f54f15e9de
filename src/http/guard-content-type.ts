import type { FastifyInstance } from 'fastify';
import { AppError } from '../core/errors.js';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

/**
 * What changes state needs a content type that a web page cannot send to another site without asking first (CORS):
 * a form or a plain-text fetch never gets past here. DELETE is one that a page cannot send without asking either. Fastify refuses the types that have no parser.
 */
export function guardContentType(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (SAFE_METHODS.has(request.method) || request.headers['content-type']) return done();
    done(unsupportedMediaType());
  });
}

export function unsupportedMediaType(wanted = 'application/json'): AppError {
  return new AppError('UNSUPPORTED_MEDIA_TYPE', `Content-Type must be ${wanted}.`);
}
