import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { Histogram, type Registry } from 'prom-client';
import type { Lifecycle } from '../process/lifecycle.js';

/** Counts what is in flight for the graceful stop, and measures each route (unknown paths share one label); logs each at debug. */
export function observeRequests(
  fastify: FastifyInstance,
  lifecycle: Lifecycle,
  metrics: Registry,
  logger: Logger,
): void {
  const isVerbose = logger.isLevelEnabled('debug');
  const seconds = new Histogram({
    name: 'carillon_http_request_seconds',
    help: 'Time to answer a request, by route and status',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    registers: [metrics],
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    lifecycle.requestStarted();
    // `close` comes for every request once, answered or broken off.
    reply.raw.once('close', () => {
      lifecycle.requestEnded();
      const labels = {
        method: request.method,
        route: request.routeOptions.url ?? 'unknown',
        status: reply.raw.statusCode,
      };
      seconds.observe(labels, reply.elapsedTime / 1000);
      if (isVerbose) logger.debug({ ...labels, requestId: request.id, ms: reply.elapsedTime }, 'request');
    });
    if (lifecycle.stopping.aborted) void reply.header('connection', 'close');
    done();
  });
}
