import { HttpException, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { AppError, asAppError } from '../core/errors.js';
import { LOGGER } from '../process/tokens.js';
import { unsupportedMediaType } from './guard-content-type.js';

/** Turns whatever a route threw into one of our errors, and logs what nobody foresaw. */
@Injectable()
export class ErrorTranslator {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  translate(thrown: unknown, request: FastifyRequest): AppError {
    const error = translate(thrown, request);
    if (error.code === 'INTERNAL') {
      const { id: requestId, method, routeOptions } = request;
      const about = { err: error.cause ?? error, requestId, method, route: routeOptions.url };
      this.logger.error(about, 'A request failed in a way that was not foreseen.');
    }
    return error;
  }
}

/** Nest hands on Fastify's errors as the cause of one of its own. */
function translate(thrown: unknown, request: FastifyRequest): AppError {
  if (!(thrown instanceof HttpException)) return thrown instanceof AppError ? thrown : foreign(thrown);
  if (thrown.cause !== undefined) return translate(thrown.cause, request);
  if (thrown.getStatus() !== 404) return asAppError(thrown);
  return routeUnknown(request);
}

export function routeUnknown({ method, url }: FastifyRequest): AppError {
  const path = url.split('?')[0]?.slice(0, 200);
  return new AppError('ROUTE_UNKNOWN', `There is no ${method} ${path}; see /docs.`);
}

function foreign(thrown: unknown): AppError {
  const { code, statusCode } = thrown as { code?: unknown; statusCode?: unknown };
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupportedMediaType();
  const isRequests = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
  if (isRequests || isBroken(code)) {
    const text = 'The request cannot be read: it is broken off, or not what its headers say.';
    return new AppError('BAD_REQUEST', text, { cause: thrown });
  }
  return asAppError(thrown);
}

/** zlib's and the connection's own codes. */
function isBroken(code: unknown): boolean {
  return typeof code === 'string' && (code.startsWith('Z_') || code === 'ECONNRESET');
}
