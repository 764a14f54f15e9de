import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { AppError, asAppError } from '../core/errors.js';
import { LOGGER } from '../process/tokens.js';
import { unsupportedMediaType } from './guard-content-type.js';

/** What every error answers, whatever went wrong; `detail` is what the FastAPI server's clients read. */
export interface ErrorBody {
  statusCode: number;
  code: string;
  message: string;
  detail: unknown;
  retryable: boolean;
  requestId: string;
}

export function errorBody(error: AppError, requestId: string): ErrorBody {
  const { status, code, message, retryable } = error;
  return { statusCode: status, code, message, detail: error.detail ?? message, retryable, requestId };
}

/** Answers every error of every route in one form. No stack leaves the process; what we did not foresee is logged. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const error = translate(thrown, request);
    if (error.code === 'INTERNAL') {
      const about = {
        err: error.cause ?? error,
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url,
      };
      this.logger.error(about, 'A request failed in a way that was not foreseen.');
    }
    if (reply.sent) return;
    if (error.retryAfterS !== undefined || error.status === 503) {
      void reply.header('retry-after', String(error.retryAfterS ?? 1));
    }
    void reply.status(error.status).send(errorBody(error, request.id));
  }
}

/** Fastify's and Nest's own errors in our codes; Nest hands on Fastify's as the cause of one of its own. */
function translate(thrown: unknown, request: FastifyRequest): AppError {
  if (!(thrown instanceof HttpException)) return thrown instanceof AppError ? thrown : foreign(thrown);
  if (thrown.cause !== undefined) return translate(thrown.cause, request);
  if (thrown.getStatus() !== 404) return asAppError(thrown);
  const path = request.url.split('?')[0]?.slice(0, 200);
  return new AppError('ROUTE_UNKNOWN', `There is no ${request.method} ${path}; see /docs.`);
}

function foreign(thrown: unknown): AppError {
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new AppError('BODY_TOO_LARGE', 'The body is longer than BODY_LIMIT allows.');
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupportedMediaType();
  if (isZlibError(code) || (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)) {
    return new AppError(
      'BAD_REQUEST',
      'The request cannot be read: it is broken off, or not what its headers say.',
      {
        cause: thrown,
      },
    );
  }
  return asAppError(thrown);
}

function isZlibError(code: unknown): boolean {
  return typeof code === 'string' && code.startsWith('Z_');
}
