import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from './config/app-config.js';

/** Takes messages, then requests, so that what the first request publishes finds its queue. */
export async function startApp(
  app: NestFastifyApplication,
  { http }: Pick<AppConfig, 'http'>,
): Promise<void> {
  await app.startAllMicroservices();
  await app.listen(http.port, http.host);
}
