import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../core/errors.js';
import { errorBody } from './error-body.js';

/** Fastify as this service wants it; what a request may carry is set up by `acceptBodies` and the guards. */
export function createAdapter(): FastifyAdapter {
  const start = randomBytes(4).toString('hex');
  let count = 0;
  return new FastifyAdapter({
    // Our own lines say more, and a child logger for each request costs more than the request's work.
    logger: false,
    genReqId: () => `${start}-${(count += 1).toString(36)}`,
    forceCloseConnections: true,
    // A topic's name may have 249 characters.
    routerOptions: { maxParamLength: 512, ignoreTrailingSlash: true },
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => answerUnreadable(error, socket),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const refusal = new AppError('BAD_REQUEST', 'The request’s URL is malformed.', { cause: error });
      void reply.status(refusal.status).send(errorBody(refusal, request.id));
    },
  });
}

/** What is no HTTP never becomes a request: it is answered on the bare connection, in the same form. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const isHeaders = error.code === 'HPE_HEADER_OVERFLOW';
  const refusal = isHeaders
    ? new AppError('HEADERS_TOO_LARGE', 'The headers are too long.')
    : new AppError('BAD_REQUEST', 'This is no HTTP request, or it came too slowly.');
  const body = JSON.stringify(errorBody(refusal, 'none'));
  const status = `${refusal.status} ${isHeaders ? 'Request Header Fields Too Large' : 'Bad Request'}`;
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n`;
  socket.end(head + body);
}
