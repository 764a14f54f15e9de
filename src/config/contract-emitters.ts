import { resolve } from 'node:path';
import type { EmitterContext, EmitterRead } from './emitter-defaults.js';
import type { EmitterSettings, RetrySettings } from './emitter-settings.js';
import { DATETIME_TIMEOUT_MS, longestMs, messagesUrl } from './datetime-api.js';
import { cronMistake } from './cron-mistake.js';

/** The emitter `propagator`: its three variables are set. */
export function propagatorOf(
  read: EmitterRead,
  { defaults, payloadFiles, mistakes }: EmitterContext,
): EmitterSettings | undefined {
  const { PERIOD_IN_SECONDS: seconds, HTTP_POST_ENDPOINT: url, PAYLOAD_FILE_PATH: file } = read;
  const mistake = file && payloadFiles.mistake(resolve(file), file);
  if (mistake) mistakes.push(mistake);
  if (seconds === undefined || !url || file === undefined) return undefined;
  const { leaderOnly, timeoutMs, retry, policies, order, signingSecret } = defaults;
  return {
    name: 'propagator',
    schedule: { kind: 'every', periodMs: seconds * 1000, onEpoch: leaderOnly },
    firstAtOnce: !leaderOnly,
    target: { kind: 'http', url, method: 'POST', headers: {} },
    payload: { kind: 'file', path: resolve(file), order },
    timeoutMs,
    retry,
    policies,
    signingSecret,
    preflight: read.HEALTH_CHECK_ENDPOINT ?? null,
    paused: false,
    expects201: false,
  };
}

/** The emitter `datetime`: API_URL and ENVIRONMENT are set. */
export function datetimeOf(
  read: EmitterRead,
  { defaults, mistakes }: EmitterContext,
): EmitterSettings | undefined {
  const { API_URL: url, ENVIRONMENT: environment, DATETIME_CRON: line } = read;
  const mistake = line && cronMistake(line, defaults.zone);
  if (mistake) mistakes.push(`DATETIME_CRON: ${mistake}`);
  if (!url || environment === undefined) return undefined;
  const { policies, signingSecret } = defaults;
  return {
    name: 'datetime',
    schedule: line === undefined ? { kind: 'never' } : { kind: 'cron', line, zone: defaults.zone },
    firstAtOnce: false,
    target: { kind: 'http', url: messagesUrl(url), method: 'POST', headers: {} },
    payload: { kind: 'datetime', environment },
    timeoutMs: DATETIME_TIMEOUT_MS,
    retry: datetimeRetry(read, defaults.retry),
    policies,
    preflight: null,
    paused: false,
    signingSecret,
    expects201: true,
  };
}

/** A fixed delay; time for all attempts, unless EMITTER_MAX_ELAPSED_S bounds it. */
function datetimeRetry(read: EmitterRead, { retryAfterCapMs, maxElapsedMs }: RetrySettings): RetrySettings {
  const attempts = read.MAX_RETRIES;
  const delayMs = read.RETRY_DELAY * 1000;
  const course = { attempts, delayMs, retryAfterCapMs, timeoutMs: DATETIME_TIMEOUT_MS };
  return {
    attempts,
    delay: 'fixed',
    baseMs: delayMs,
    capMs: delayMs,
    retryAfterCapMs,
    maxElapsedMs: maxElapsedMs ?? longestMs(course),
  };
}
