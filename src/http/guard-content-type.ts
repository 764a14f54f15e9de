import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Reads no body and does the same by GET: a call without a body needs no content type. */
    bodiless?: boolean;
  }
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE']);

/**
 * What changes state needs a content type that a web page cannot send to another site without asking first (CORS):
 * a form or a plain-text fetch never gets past here. DELETE is one that a page cannot send without asking either. Fastify refuses the types that have no parser.
 */
export function guardContentType(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (SAFE_METHODS.has(request.method) || isBodiless(request)) return done();
    done(request.headers['content-type'] ? undefined : unsupportedMediaType());
  });
}

/** Without a body its type means nothing, and is taken away: some clients send that of a form with every POST. */
function isBodiless(request: FastifyRequest): boolean {
  const { headers } = request;
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0)
    return false;
  if (!request.routeOptions.config.bodiless) return false; // asked last: Fastify puts the options together each time
  delete headers['content-type'];
  return true;
}

export function unsupportedMediaType(wanted = 'application/json'): AppError {
  return new AppError('UNSUPPORTED_MEDIA_TYPE', `Content-Type must be ${wanted}.`);
}
