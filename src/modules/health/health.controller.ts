import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';
import type { AppConfig } from '../../config/app-config.js';
import { Lifecycle } from '../../process/lifecycle.js';
import { CONFIG } from '../../process/tokens.js';
import { VERSION } from '../../version.js';
import { HealthDocs, LiveDocs, MetricsDocs, ReadyDocs } from './health.docs.js';
import { HealthService } from './health.service.js';

@Controller()
export class HealthController {
  constructor(
    private readonly service: HealthService,
    private readonly lifecycle: Lifecycle,
    private readonly metricsRegistry: Registry,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'parts'>,
  ) {}

  @Get('health')
  @HealthDocs()
  async health(@Res({ passthrough: true }) reply: FastifyReply) {
    const { isReady, ports, troubles } = await this.service.health();
    const isAllWell = troubles.length === 0 && ports.every(({ state }) => state === 'up');
    void reply.status(isReady ? 200 : 503);
    return {
      status: !isReady ? 'unhealthy' : isAllWell ? 'healthy' : 'degraded',
      timestamp: new Date().toISOString(),
      kafka_connected: ports.some(({ port, state }) => port === 'RecordLog' && state === 'up'),
      version: VERSION,
      parts: this.config.parts,
      ports,
      troubles,
    };
  }

  @Get('health/live')
  @LiveDocs()
  live() {
    return { status: 'alive' };
  }

  @Get('health/ready')
  @ReadyDocs()
  async ready(@Res({ passthrough: true }) reply: FastifyReply) {
    if (this.lifecycle.stopping.aborted) {
      void reply.status(503);
      return { status: 'stopping' };
    }
    const { isReady, ports, troubles } = await this.service.health();
    void reply.status(isReady ? 200 : 503);
    return { status: isReady ? 'ready' : 'not ready', ports, troubles };
  }

  @Get('metrics')
  @MetricsDocs()
  async metrics(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.header('content-type', this.metricsRegistry.contentType);
    return this.metricsRegistry.metrics();
  }
}
