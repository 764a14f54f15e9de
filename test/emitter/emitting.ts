import { pino, type Logger } from 'pino';
import type { EmitterSettings, RetrySettings, TargetSettings } from '../../src/config/emitter-settings.js';
import type { EmitLimits, EmitMessage, EmitResult } from '../../src/modules/emitter/message.js';

export const NEVER = new AbortController().signal;

export interface LogLine {
  level: number;
  msg: string;
  code?: string;
}

/** A logger whose lines a test can read. */
export function listeningLogger(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const logger = pino({}, { write: (text: string) => void lines.push(JSON.parse(text) as LogLine) });
  return { logger, lines };
}

export function httpTo(url: URL, headers: Record<string, string> = {}): TargetSettings {
  return { kind: 'http', url, method: 'POST', headers };
}

/** Quick retries, so that tests need not wait; never a circuit of its own. */
export function emitterTo(
  target: TargetSettings,
  { retry, ...extra }: Partial<Omit<EmitterSettings, 'retry'>> & { retry?: Partial<RetrySettings> } = {},
): EmitterSettings {
  return {
    name: 'alpha',
    schedule: { kind: 'never' },
    firstAtOnce: false,
    target,
    payload: { kind: 'template', text: '{}' },
    timeoutMs: 5000,
    policies: { missed: 'skip', windowMs: 0, overlap: 'allow', maxInFlight: 16 },
    preflight: null,
    paused: false,
    signingSecret: null,
    expects201: false,
    ...extra,
    retry: {
      attempts: 3,
      delay: 'fixed',
      baseMs: 20,
      capMs: 100,
      retryAfterCapMs: 60_000,
      maxElapsedMs: null,
      ...retry,
    },
  };
}

let count = 0;

export function messageOf(fields: Partial<EmitMessage> = {}): EmitMessage {
  count += 1;
  const plannedAt = Date.UTC(2026, 0, 31, 12) + count;
  return { emitter: 'alpha', key: `alpha-${plannedAt}`, plannedAt, body: `{"n":${count}.0}`, ...fields };
}

export function limits(fields: Partial<EmitLimits> = {}): EmitLimits {
  return { maxElapsedMs: 10_000, signal: NEVER, ...fields };
}

export function resultOf(fields: Partial<EmitResult> = {}): EmitResult {
  return {
    end: 'given up',
    reason: 'answered 503; all 3 attempts are used',
    status: 503,
    attempts: 3,
    elapsedMs: 40,
    latencyMs: 1,
    mayHaveArrived: true,
    aborted: false,
    ...fields,
  };
}
