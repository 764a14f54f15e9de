import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { AppModule, PARTS } from './app.module.js';
import type { AppConfig } from './config/app-config.js';
import { ByteBudget } from './core/byte-budget.js';
import { rememberSecrets } from './core/scrub.js';
import { createAdapter } from './http/create-adapter.js';
import { guardContentType } from './http/guard-content-type.js';
import { guardHost } from './http/guard-host.js';
import { acceptBodies } from './http/json-body.js';
import { limitConnections } from './http/limit-connections.js';
import { observeRequests } from './http/observe-requests.js';
import { RouteMethods } from './http/route-methods.js';
import { setupDocs } from './http/setup-docs.js';
import { watchStalls } from './http/stall-watch.js';
import { Lifecycle } from './process/lifecycle.js';
import { NestLogger } from './process/logger.js';

/** Every 10 ms, as it is by default, takes more than all else in an idle process. It is part of what is measured. */
const LOOP_DELAY_BEAT_MS = 20;

/** The application with its ports open, ready to listen. */
export async function createApp(config: AppConfig, logger: Logger): Promise<NestFastifyApplication> {
  rememberSecrets(config.secrets);
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics, eventLoopMonitoringPrecision: LOOP_DELAY_BEAT_MS });
  const { dataFolder, gateway } = config;
  const app = await NestFactory.create<NestFastifyApplication>(
    await AppModule.forRoot(config, { dataFolder, gateway, logger, metrics }),
    createAdapter(config.http),
    { bodyParser: false, logger: new NestLogger(logger), abortOnError: false },
  );
  for (const part of config.parts) {
    const transport = await PARTS[part]?.loadTransport?.();
    if (transport) app.connectMicroservice({ strategy: app.get(transport) });
  }
  const fastify = app.getHttpAdapter().getInstance();
  const lifecycle = app.get(Lifecycle);
  watchStalls(app.getHttpServer(), gateway.streamStallMs, metrics);
  limitConnections(app.getHttpServer(), config.http, logger, metrics);
  observeRequests(fastify, lifecycle, metrics, logger);
  guardHost(fastify, config.http);
  app.get(RouteMethods).guard();
  guardContentType(fastify);
  acceptBodies(fastify, config.http, app.get(ByteBudget), lifecycle.stopping);
  setupDocs(app);
  return app;
}
