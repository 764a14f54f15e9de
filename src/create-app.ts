import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { AppModule, PARTS } from './app.module.js';
import type { AppConfig } from './config/app-config.js';
import { ByteBudget } from './core/byte-budget.js';
import { createAdapter } from './http/create-adapter.js';
import { guardContentType } from './http/guard-content-type.js';
import { guardHost } from './http/guard-host.js';
import { acceptBodies } from './http/json-body.js';
import { observeRequests } from './http/observe-requests.js';
import { setupDocs } from './http/setup-docs.js';
import { Lifecycle } from './process/lifecycle.js';
import { NestLogger } from './process/logger.js';

/** The application with its ports open, ready to listen. */
export async function createApp(config: AppConfig, logger: Logger): Promise<NestFastifyApplication> {
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  const { dataFolder, gateway } = config;
  const app = await NestFactory.create<NestFastifyApplication>(
    await AppModule.forRoot(config, { dataFolder, gateway, logger, metrics }),
    createAdapter(),
    { bodyParser: false, logger: new NestLogger(logger), abortOnError: false },
  );
  for (const part of config.parts) {
    const transport = PARTS[part]?.transport;
    if (transport) app.connectMicroservice({ strategy: app.get(transport) });
  }
  const fastify = app.getHttpAdapter().getInstance();
  const lifecycle = app.get(Lifecycle);
  observeRequests(fastify, lifecycle, metrics, logger);
  guardHost(fastify, config.http);
  guardContentType(fastify);
  acceptBodies(fastify, config.http, app.get(ByteBudget), lifecycle.stopping);
  setupDocs(app);
  return app;
}
