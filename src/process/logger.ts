import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import type { LogSettings } from '../config/app-config.js';
import { mayHoldSecret, scrub } from '../core/scrub.js';
import { escapeControls, escapeInJson } from '../core/visible-text.js';

/** One JSON line each; for people when the output is a terminal. Written at once: a dying process loses no line. */
export async function createLogger({ level, pretty }: LogSettings): Promise<Logger> {
  const output = process.stdout;
  if (!pretty && !output.isTTY)
    return createJsonLogger(level, pino.destination({ dest: output.fd, sync: true }));
  const { PinoPretty } = await import('pino-pretty');
  const destination = PinoPretty({
    colorize: output.isTTY,
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
    sync: true,
    destination: output.fd,
  });
  return pino({ level, ...OPTIONS, hooks: { streamWrite: prettyLine } }, destination);
}

/** Writes JSON lines without secrets to `destination`. */
export function createJsonLogger(level: string, destination: DestinationStream): Logger {
  return pino({ level, ...OPTIONS, hooks: { streamWrite: jsonLine } }, destination);
}

const OPTIONS: LoggerOptions = { base: undefined, timestamp: pino.stdTimeFunctions.isoTime };

function jsonLine(line: string): string {
  return escapeInJson(mayHoldSecret(line) ? mapTexts(line, scrub) : line);
}

/** pino-pretty writes texts as they are, and a terminal obeys what it reads. No further line of a text can pass for one of the log. */
export function prettyLine(line: string): string {
  return mapTexts(line, (text) => escapeControls(scrub(text)).replace(/\n(?=\S)/g, '\n    '));
}

/** The line with each of its texts changed; names, numbers and its end as they are. */
function mapTexts(line: string, change: (text: string) => string): string {
  const mapped: unknown = JSON.parse(line, (_, value: unknown) =>
    typeof value === 'string' ? change(value) : value,
  );
  return `${JSON.stringify(mapped)}\n`;
}

/** Nest's own lines, in our log; its chatter while starting is for debugging. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(context(rest), String(message));
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.logger.error(
      { ...context(rest), err: message instanceof Error ? message : undefined },
      String(message),
    );
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.logger.warn(context(rest), String(message));
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.logger.debug(context(rest), String(message));
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.logger.fatal(context(rest), String(message));
  }
}

/** Nest passes its context as the last argument. */
function context(rest: unknown[]): { context?: string } {
  const last = rest.at(-1);
  return typeof last === 'string' ? { context: last } : {};
}
