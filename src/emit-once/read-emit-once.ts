import { z } from 'zod';
import type { LogSettings } from '../config/app-config.js';
import { appVariables } from '../config/app.variables.js';
import { ConfigError } from '../config/config-error.js';
import { secretsOfVariables } from '../config/configured-secrets.js';
import { DATETIME_TIMEOUT_MS, messagesUrl, type FixedCourse } from '../config/datetime-api.js';
import { emitOnceVariables } from '../config/emit-once.variables.js';
import { emitterVariables } from '../config/emitter.variables.js';
import { present, readVariables, withLowerCaseProxies } from '../config/read-variables.js';
import type { ProxyOptions } from '../core/http-proxies.js';
import type { PlannedHints } from './planned-time.js';

/** All that one message needs. */
export interface EmitOnceSettings {
  /** Where it is posted; may hold a password. */
  url: URL;
  environment: string;
  course: FixedCourse;
  planned: PlannedHints;
  /** Standard Webhooks; null: unsigned. */
  signingSecret: string | null;
  proxies: ProxyOptions;
  log: LogSettings;
  /** What no log line or error may hold. */
  secrets: string[];
}

const variables = z.object({
  ...appVariables.pick({
    HTTP_PROXY: true,
    HTTPS_PROXY: true,
    NO_PROXY: true,
    LOG_LEVEL: true,
    LOG_PRETTY: true,
    TZ: true,
  }).shape,
  ...emitterVariables.pick({
    API_URL: true,
    ENVIRONMENT: true,
    MAX_RETRIES: true,
    RETRY_DELAY: true,
    EMITTER_SIGNING_SECRET: true,
  }).shape,
  ...emitOnceVariables.shape,
});

/** Of the datetime contract. */
const RETRY_AFTER_CAP_MS = 60_000;

/**
 * Checks what `emit:once` needs, and nothing else: what the service would refuse is no concern of one message.
 * @throws ConfigError naming every mistake by its variable, never a value.
 */
export function readEmitOnce(environment: Readonly<Record<string, string | undefined>>): EmitOnceSettings {
  const mistakes: string[] = [];
  const env = withLowerCaseProxies(present(environment));
  for (const name of ['API_URL', 'ENVIRONMENT'])
    if (env[name] === undefined) mistakes.push(`Missing required environment variable: ${name}`);
  const read = readVariables(variables, env, mistakes);
  if (mistakes.length > 0 || !read?.API_URL || !read.ENVIRONMENT) throw new ConfigError(mistakes);
  return {
    url: messagesUrl(read.API_URL),
    environment: read.ENVIRONMENT,
    course: {
      attempts: read.MAX_RETRIES,
      delayMs: read.RETRY_DELAY * 1000,
      retryAfterCapMs: RETRY_AFTER_CAP_MS,
      timeoutMs: DATETIME_TIMEOUT_MS,
    },
    planned: { plannedAt: read.EMIT_PLANNED_AT ?? undefined, jobName: read.JOB_NAME },
    signingSecret: read.EMITTER_SIGNING_SECRET ?? null,
    proxies: { http: read.HTTP_PROXY, https: read.HTTPS_PROXY, no: read.NO_PROXY },
    log: { level: read.LOG_LEVEL === 'warning' ? 'warn' : read.LOG_LEVEL, pretty: read.LOG_PRETTY },
    secrets: secretsOfVariables(env, [variables]),
  };
}
