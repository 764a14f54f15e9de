import type { CheckOutcome } from './define-check.js';

export function up(message: string, latencyMs: number | null = null): CheckOutcome {
  return { found: 'up', message, latencyMs };
}

export function down(message: string, latencyMs: number | null = null): CheckOutcome {
  return { found: 'down', message, latencyMs };
}

export function unknown(message: string): CheckOutcome {
  return { found: 'unknown', message, latencyMs: null };
}

/** Milliseconds since it was made, to a tenth. */
export function stopwatch(): () => number {
  const start = performance.now();
  return () => Math.round((performance.now() - start) * 10) / 10;
}

/** A text for a message: on one line, and not all of a long one. */
export function excerpt(text: string, length = 200): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
