import type { Schedule } from '../../config/emitter-settings.js';
import type { Emitter } from './emitter.js';
import type { EmitResult } from './message.js';
import type { BooksSnapshot } from './time/books.js';
import type { WindowSnapshot } from './time/window.js';

/** An emitter as the API shows it. Times in ISO 8601, or in the unit that the name ends with. */
export function emitterView(emitter: Emitter, givenUpFiles: number) {
  const { settings, state, nextAt, context, books, trouble } = emitter;
  const { target, window, payload } = context;
  return {
    name: settings.name,
    state,
    schedule: scheduleText(settings.schedule),
    next_at: nextAt === null ? null : new Date(nextAt).toISOString(),
    target: target.shown,
    circuit_open: target.circuitOpen,
    trouble: (trouble ?? payload.trouble)?.message ?? null,
    books: booksView(books.snapshot()),
    last_100: windowView(window.snapshot()),
    dead_letters: givenUpFiles,
  };
}

function scheduleText(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'every':
      return `every ${schedule.periodMs} ms`;
    case 'cron':
      return `${schedule.line} (${schedule.zone})`;
    case 'never':
      return 'by trigger only';
  }
}

function booksView({ givenUp, inFlight, ...others }: BooksSnapshot) {
  return { ...others, given_up: givenUp, in_flight: inFlight };
}

function windowView({ size, total, failureRate, jitterMs, latencyMs }: WindowSnapshot) {
  return { size, total, failure_rate: failureRate, jitter_ms: jitterMs, latency_ms: latencyMs };
}

/** How a triggered message ended. */
export function endView(key: string, { end, reason, status, attempts, elapsedMs }: EmitResult) {
  return { key, end: end.replace(' ', '_'), reason, status, attempts, elapsed_ms: Math.round(elapsedMs) };
}
