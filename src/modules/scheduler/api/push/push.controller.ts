import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { AppError } from '../../../../core/errors.js';
import { MonitorStore } from '../../../../ports/monitor-store.port.js';
import { ApiMetrics } from '../api.metrics.js';
import { PushDocs } from './push.docs.js';
import { pushQuery } from './push.query.js';

const LONGEST_TOKEN = 255;

/** The URL that the job of a push monitor calls; also where Peekaping has it. The log has its route, never its token. */
@Controller(['push', 'api/v1/push'])
export class PushController {
  constructor(
    private readonly store: MonitorStore,
    private readonly metrics: ApiMetrics,
  ) {}

  @Get(':token')
  @PushDocs('Tells that a job is well')
  get(@Param('token') token: string, @Query() query: Record<string, unknown>) {
    return this.push(token, query);
  }

  /** A job calls it with the least that it has: `curl -X POST`. */
  @Post(':token')
  @RouteConfig({ bodiless: true })
  @HttpCode(200)
  @PushDocs('The same')
  post(@Param('token') token: string, @Query() query: Record<string, unknown>) {
    return this.push(token, query);
  }

  private async push(token: string, query: Record<string, unknown>) {
    const push = pushQuery(query, Date.now());
    // eslint-disable-next-line no-control-regex
    const isPossible = token.length <= LONGEST_TOKEN && !/\u0000/.test(token);
    const monitorId = isPossible ? await this.store.push(token, push) : null;
    this.metrics.pushes.inc({ outcome: monitorId === null ? 'unknown_token' : push.found });
    if (monitorId === null) throw new AppError('PUSH_UNKNOWN', 'No monitor has this push token.');
    return { ok: true };
  }
}
