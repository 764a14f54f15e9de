import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiOperation, ApiResponse } from './api-docs.js';
import { ApiErrors } from './api-errors.js';
import type { AppConfig } from '../config/app-config.js';
import { CONFIG } from '../process/tokens.js';
import { VERSION } from '../version.js';

const ENDPOINTS: Record<string, Record<string, string>> = {
  health: { health: '/health', metrics: '/metrics' },
  producer: { produce: '/produce', topics: '/topics' },
  processor: { events: '/events/:routingKey', dead_letters: '/processor/dead-letters' },
  batch: { batch: '/produce/batch', stream: '/produce/stream' },
  emitter: { emitters: '/emitters' },
  leader: { leader: '/leader' },
  scheduler: {
    monitors: '/monitors',
    checks: '/checks',
    scheduler: '/scheduler/status',
    queues: '/queues',
  },
};

/** Says what is here; a browser is sent to the documentation. */
@Controller()
export class RootController {
  constructor(@Inject(CONFIG) private readonly config: Pick<AppConfig, 'parts'>) {}

  @Get()
  @ApiOperation({ summary: 'What is here' })
  @ApiResponse({
    status: 200,
    content: {
      'application/json': {
        example: {
          message: 'Carillon',
          version: '0.1.0',
          endpoints: { health: '/health', produce: '/produce', docs: '/docs' },
        },
      },
    },
  })
  @ApiErrors({})
  @ApiResponse({ status: 302, description: 'To `/docs`, for who accepts HTML.' })
  root(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    if (request.headers.accept?.includes('text/html')) {
      void reply.status(302).redirect('/docs');
      return undefined;
    }
    const endpoints = Object.assign({}, ...this.config.parts.map((part) => ENDPOINTS[part])) as object;
    return { message: 'Carillon', version: VERSION, endpoints: { ...endpoints, docs: '/docs' } };
  }
}
