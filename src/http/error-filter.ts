import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBody } from './error-body.js';
import { ErrorTranslator } from './error-translator.js';

/** Answers every error of every route in one form; no stack leaves the process. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly errors: ErrorTranslator) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const error = this.errors.translate(thrown, request);
    if (reply.sent) return;
    if (error.retryAfterS !== undefined || error.status === 503) {
      void reply.header('retry-after', String(error.retryAfterS ?? 1));
    }
    void reply.status(error.status).send(errorBody(error, request.id));
  }
}
