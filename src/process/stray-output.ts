import { format } from 'node:util';
import type { Logger } from 'pino';

/** The same words are logged once in so long, milliseconds. */
const REPEAT_MS = 60_000;

const LEVELS = {
  error: 'error',
  trace: 'error',
  warn: 'warn',
  log: 'info',
  info: 'info',
  debug: 'debug',
} as const;

/**
 * Takes into the log what libraries write past it: mysql2 and ioredis use the console, others Node's warnings, which
 * Node prints to stderr by itself. There it would be no JSON, and could hold a secret or what a terminal obeys.
 */
export function takeStrayOutput(logger: Logger): void {
  const stray = new StrayOutput(logger);
  for (const [method, level] of Object.entries(LEVELS) as [keyof typeof LEVELS, Level][])
    console[method] = (...words: unknown[]) => stray.said(level, 'console', format(...words));
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => stray.said('warn', name, message));
}

type Level = (typeof LEVELS)[keyof typeof LEVELS];

class StrayOutput {
  private last = '';
  private lastAt = -Infinity;

  constructor(private readonly logger: Logger) {}

  said(level: Level, from: string, words: string): void {
    const now = performance.now();
    if (words === this.last && now - this.lastAt < REPEAT_MS) return;
    this.last = words;
    this.lastAt = now;
    this.logger[level]({ from }, words);
  }
}
