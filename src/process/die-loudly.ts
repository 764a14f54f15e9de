import type { Logger } from 'pino';

/** A state that nobody foresaw is not worked on: the supervisor starts a clean process. */
export function dieLoudly(logger: Logger): void {
  const die = (error: unknown) => {
    logger.fatal({ err: error }, 'An unforeseen error; the process ends with code 1.');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}
