import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from './config/app-config.js';
import { Lifecycle } from './process/lifecycle.js';

/**
 * Takes messages, then requests, so that what the first request publishes finds its queue; then does what is done by
 * itself, so that a port which is taken ends the start before anything was sent.
 */
export async function startApp(
  app: NestFastifyApplication,
  { http }: Pick<AppConfig, 'http'>,
): Promise<void> {
  await app.startAllMicroservices();
  await app.listen(http.port, http.host).catch((error: unknown) => {
    throw cannotListen(error);
  });
  await app.get(Lifecycle).beginWork();
}

function cannotListen(error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return new Error('PORT is taken by another process: stop it, or set another PORT.');
  return new Error(`HOST and PORT cannot be listened on: ${message}`);
}
