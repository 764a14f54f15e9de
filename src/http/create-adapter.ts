import { randomBytes } from 'node:crypto';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { HttpSettings } from '../config/app-config.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.js';
import { errorBody } from './error-filter.js';

/** Fastify as this service wants it; what a request may carry is set up by `acceptBodies` and the guards. */
export function createAdapter({ bodyLimit }: HttpSettings): FastifyAdapter {
  const start = randomBytes(4).toString('hex');
  let count = 0;
  return new FastifyAdapter({
    bodyLimit,
    // Our own lines say more, and a child logger for each request costs more than the request's work.
    logger: false,
    genReqId: () => `${start}-${(count += 1).toString(36)}`,
    forceCloseConnections: true,
    // A topic's name may have 249 characters.
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const refusal = new AppError('BAD_REQUEST', 'The request’s URL is malformed.', { cause: error });
      void reply.status(refusal.status).send(errorBody(refusal, request.id));
    },
  });
}
