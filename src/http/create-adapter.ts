import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HttpSettings } from '../config/app-config.js';
import { AppError } from '../core/errors.js';
import { errorBody } from './error-body.js';
import { bareAnswer, SecuredResponse } from './secured-response.js';

/** How often Node looks for connections whose headers are late: a quarter of their time, within these bounds. */
const CHECK_MS = { least: 100, most: 5000 };

/** An idle connection is closed after so long. */
const KEEP_ALIVE_MS = 72_000;
const MOST_HEADER_BYTES = 16 * 1024;
/** Of one parameter in a path; a topic’s name may have 249. */
const MOST_PARAM_CHARS = 512;

/** Fastify as this service wants it; what a request may carry is set up by `acceptBodies` and the guards. */
export function createAdapter({ headersTimeoutMs }: Pick<HttpSettings, 'headersTimeoutMs'>): FastifyAdapter {
  const start = randomBytes(4).toString('hex');
  let count = 0;
  const adapter = new FastifyAdapter({
    // Our own lines say more, and a child logger for each request costs more than the request's work.
    logger: false,
    genReqId: () => `${start}-${(count += 1).toString(36)}`,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: MOST_PARAM_CHARS, ignoreTrailingSlash: true },
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      maxHeaderSize: MOST_HEADER_BYTES,
      ServerResponse: SecuredResponse,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: Math.min(Math.max(headersTimeoutMs / 4, CHECK_MS.least), CHECK_MS.most),
      // Bodies have a time of their own: BODY_TIMEOUT_MS.
      requestTimeout: 0,
      // `guardHost` answers requests without a Host, in the form of all other errors.
      requireHostHeader: false,
    },
    clientErrorHandler: (error: NodeJS.ErrnoException, socket: Socket) => answerUnreadable(error, socket),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const refusal = new AppError('BAD_REQUEST', 'The request’s URL is malformed.', { cause: error });
      void reply.status(refusal.status).send(errorBody(refusal, request.id));
    },
  });
  const server = adapter.getHttpServer();
  // Node would answer 417 itself; a server may pass an expectation over that it does not know.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', (_request, socket) =>
    socket.end(bareAnswer(NO_TUNNEL, { allow: 'GET, HEAD, OPTIONS' })),
  );
  return adapter;
}

const NO_TUNNEL = new AppError('METHOD_NOT_ALLOWED', 'This is no proxy: it has no CONNECT.');

/** What is no HTTP never becomes a request: it is answered on the bare connection, in the same form. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  socket.end(bareAnswer(unreadable(error.code)));
}

function unreadable(code: string | undefined): AppError {
  if (code === 'HPE_HEADER_OVERFLOW') return new AppError('HEADERS_TOO_LARGE', 'The headers are too long.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const text = 'The headers did not arrive within HTTP_HEADERS_TIMEOUT_MS.';
    return new AppError('HEADERS_TIMEOUT', text);
  }
  return new AppError('BAD_REQUEST', 'This is no HTTP request.');
}
