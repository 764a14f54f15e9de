import { resolve } from 'node:path';
import type { z } from 'zod';
import type { EmittersSettings, PayloadOrder, RetrySettings, TickPolicies } from './emitter-settings.js';
import type { emitterVariables } from './emitter.variables.js';
import type { PayloadFilesCheck } from './payload-files-check.js';

export type EmitterRead = z.output<typeof emitterVariables>;

/** What every emitter has unless it says otherwise. */
export interface EmitterDefaults {
  timeoutMs: number;
  retry: RetrySettings;
  policies: TickPolicies;
  /** Of payload files. */
  order: PayloadOrder;
  signingSecret: string | null;
  leaderOnly: boolean;
  /** Of cron lines. */
  zone: string;
  exchange: string;
}

/** What an emitter's settings are made with. */
export interface EmitterContext {
  /** Where `${NAME}` and TZ come from. */
  env: Readonly<Record<string, string>>;
  defaults: EmitterDefaults;
  /** Of all emitters together. */
  payloadFiles: PayloadFilesCheck;
  mistakes: string[];
}

export function defaultsOf(read: EmitterRead, env: Readonly<Record<string, string>>): EmitterDefaults {
  return {
    timeoutMs: read.EMITTER_TIMEOUT_MS,
    retry: {
      attempts: read.EMITTER_ATTEMPTS,
      delay: 'jitter',
      baseMs: read.EMITTER_BACKOFF_MS,
      capMs: read.EMITTER_BACKOFF_CAP_MS,
      retryAfterCapMs: read.EMITTER_RETRY_AFTER_CAP_S * 1000,
      maxElapsedMs: milliseconds(read.EMITTER_MAX_ELAPSED_S),
    },
    policies: {
      missed: read.EMITTER_MISSED,
      windowMs: read.EMITTER_WINDOW_S * 1000,
      overlap: read.EMITTER_OVERLAP,
      maxInFlight: read.EMITTER_MAX_IN_FLIGHT,
    },
    order: read.EMITTER_ORDER,
    signingSecret: read.EMITTER_SIGNING_SECRET ?? null,
    leaderOnly: read.EMITTER_LEADER_ONLY,
    zone: env.TZ?.trim().replace(/^:/, '') ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    exchange: env.RABBITMQ_EXCHANGE?.trim() ?? 'expenses_exchange',
  };
}

/** What is no single emitter's. */
export function commonOf(read: EmitterRead, dataFolder: string): Omit<EmittersSettings, 'emitters'> {
  return {
    givenUpFolder: resolve(read.EMITTER_GIVEN_UP_FOLDER ?? resolve(dataFolder, 'emitter-given-up')),
    givenUpMost: read.EMITTER_GIVEN_UP_MOST,
    circuitFailures: read.EMITTER_CIRCUIT_FAILURES,
    circuitOpenMs: read.EMITTER_CIRCUIT_OPEN_MS,
    leaderOnly: read.EMITTER_LEADER_ONLY,
  };
}

function milliseconds(seconds: number | undefined): number | null {
  return seconds === undefined ? null : seconds * 1000;
}
