import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { AppConfig } from './config/app-config.js';
import { systemClock } from './core/clock.js';
import { withDeadline } from './core/with-deadline.js';
import { HttpSender } from './core/http-sender.js';
import { OpenPorts } from './ports/open-ports.js';
import { Lifecycle } from './process/lifecycle.js';

/**
 * Readiness turns 503 → wait → take no more connections and messages → finish what is in flight → close the HTTP server →
 * flush and close the ports. Answers the exit code: 0, or 1 when SHUTDOWN_TIMEOUT_MS ran out, with a log line for what was left.
 */
export async function stopGracefully(
  app: NestFastifyApplication,
  { shutdown }: Pick<AppConfig, 'shutdown'>,
  logger: Logger,
): Promise<number> {
  const end = performance.now() + shutdown.timeoutMs;
  const remaining = () => Math.max(0, end - performance.now());
  const lifecycle = app.get(Lifecycle);
  logger.info('Stopping: /health/ready says 503 from now on.');
  lifecycle.beginStop();
  await systemClock.sleep(Math.min(shutdown.delayMs, remaining()));
  const server = app.getHttpServer();
  server.close();
  server.closeIdleConnections();
  const left: string[] = [];
  const working = lifecycle.endWork(remaining());
  await withDeadline(lifecycle.idle(), remaining(), () => new Error('late')).catch(() =>
    left.push(`${lifecycle.inFlight} requests had no answer yet`),
  );
  left.push(
    ...(await withDeadline(working, remaining() + 100, () => new Error('late')).catch(() => [
      'a part did not end its work',
    ])),
  );
  await withDeadline(app.close(), remaining() + 100, () => new Error('late')).catch(() =>
    left.push('the HTTP server did not close'),
  );
  const cutOff = await app.get(HttpSender).close(remaining());
  if (cutOff > 0) left.push(`${cutOff} requests to others were cut off`);
  left.push(...(await app.get(OpenPorts).close(remaining())));
  if (left.length === 0) {
    logger.info('Stopped.');
    return 0;
  }
  logger.error({ left }, `Stopped after SHUTDOWN_TIMEOUT_MS with work left: ${left.join('; ')}.`);
  return 1;
}
