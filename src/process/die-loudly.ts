import type { Logger } from 'pino';
import { escapeControls } from '../core/visible-text.js';
import { scrub } from '../core/scrub.js';

/** A state that nobody foresaw is not worked on: the supervisor starts a clean process. */
export function dieLoudly(logger: Logger): void {
  const die = (error: unknown) => {
    logger.fatal({ err: error }, 'An unforeseen error; the process ends with code 1.');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
}

/** Why the process ends, for whoever started it, before there is a log or beside it. */
export function lastWords(error: unknown): string {
  return `${escapeControls(scrub(error instanceof Error ? error.message : String(error)))}\n`;
}
