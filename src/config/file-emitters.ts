import { dirname, resolve } from 'node:path';
import { templateParts } from '../core/message-template.js';
import { cronMistake } from './cron-mistake.js';
import { parseDuration } from './duration.js';
import type { EmitterContext, EmitterDefaults } from './emitter-defaults.js';
import type { EmitterSettings, PayloadSettings, RetrySettings, Schedule } from './emitter-settings.js';
import { readEmittersFile } from './emitters-file.js';
import type { FileEmitter } from './emitters-file.schema.js';
import { fromEnvironment } from './environment-names.js';
import { targetOf, urlOf, type FilePlace } from './file-target.js';
import { isSigningSecret } from './signing-secret.js';

/** The emitters of EMITTERS_FILE, in its order; those with mistakes are told of and may be left out. */
export function fileEmitters(path: string, context: EmitterContext): EmitterSettings[] {
  const folder = dirname(resolve(path));
  const lookAt = (file: string) => {
    const absolute = resolve(folder, file);
    return { path: absolute, mistake: context.payloadFiles.mistake(absolute, file) };
  };
  return readEmittersFile(path, context.mistakes).flatMap((entry, i) => {
    const { env, defaults, mistakes } = context;
    const tell: FilePlace['tell'] = (where, rule) =>
      mistakes.push(`EMITTERS_FILE emitters[${i}].${where} ${rule}`);
    return settingsOf(entry, defaults, { tell, replaced: replaceBy(env, tell), lookAt }) ?? [];
  });
}

interface Place extends FilePlace {
  lookAt(file: string): { path: string; mistake: string | undefined };
}

function replaceBy(env: EmitterContext['env'], tell: FilePlace['tell']): FilePlace['replaced'] {
  return (where, text) => {
    const result = fromEnvironment(text, env);
    if ('text' in result) return result.text;
    tell(where, result.wrong);
    return undefined;
  };
}

function settingsOf(
  entry: FileEmitter,
  defaults: EmitterDefaults,
  place: Place,
): EmitterSettings | undefined {
  const target = targetOf(entry.target, place, defaults.exchange);
  const schedule = scheduleOf(entry, defaults, place);
  const payload = payloadOf(entry.payload, defaults, place);
  const preflight = entry.preflight === undefined ? null : urlOf('preflight', entry.preflight, place);
  const signingSecret = secretOf(entry, defaults, place);
  if (!target || !payload || preflight === undefined) return undefined;
  return {
    name: entry.name,
    schedule,
    firstAtOnce: !defaults.leaderOnly && (entry.first_at_once ?? schedule.kind === 'every'),
    target,
    payload,
    timeoutMs: entry.timeout_ms ?? defaults.timeoutMs,
    retry: retryOf(entry, defaults.retry, place),
    policies: policiesOf(entry, defaults.policies),
    preflight,
    paused: entry.paused ?? false,
    signingSecret,
    expects201: false,
  };
}

function scheduleOf(
  { every, cron, timezone }: FileEmitter,
  { zone: defaultZone, leaderOnly }: EmitterDefaults,
  place: Place,
): Schedule {
  if (cron !== undefined) {
    const zone = timezone ?? defaultZone;
    const mistake = cronMistake(cron, zone);
    if (mistake) place.tell('cron:', mistake);
    return { kind: 'cron', line: cron, zone };
  }
  const periodMs = every === undefined ? null : parseDuration(every);
  return periodMs ? { kind: 'every', periodMs, onEpoch: leaderOnly } : { kind: 'never' };
}

function payloadOf(
  { file, order, template }: FileEmitter['payload'],
  defaults: EmitterDefaults,
  place: Place,
): PayloadSettings | undefined {
  if (file !== undefined) {
    const { path, mistake } = place.lookAt(file);
    if (mistake) place.tell('payload.file:', mistake);
    return { kind: 'file', path, order: order ?? defaults.order };
  }
  const text = JSON.stringify(template);
  try {
    templateParts(text);
    return { kind: 'template', text };
  } catch (error) {
    place.tell('payload.template', (error as Error).message);
    return undefined;
  }
}

function retryOf({ retry = {} }: FileEmitter, defaults: RetrySettings, place: Place): RetrySettings {
  const baseMs = retry.base_ms ?? defaults.baseMs;
  const delay = retry.delay ?? defaults.delay;
  const capMs = delay === 'fixed' ? baseMs : (retry.cap_ms ?? Math.max(defaults.capMs, baseMs));
  if (capMs < baseMs) place.tell('retry.cap_ms', `must be at least base_ms, ${baseMs}`);
  return {
    attempts: retry.attempts ?? defaults.attempts,
    delay,
    baseMs,
    capMs,
    retryAfterCapMs: inMs(retry.retry_after_cap_s) ?? defaults.retryAfterCapMs,
    maxElapsedMs: inMs(retry.max_elapsed_s) ?? defaults.maxElapsedMs,
  };
}

function policiesOf(entry: FileEmitter, defaults: EmitterDefaults['policies']) {
  return {
    missed: entry.missed ?? defaults.missed,
    windowMs: inMs(entry.window_s) ?? defaults.windowMs,
    overlap: entry.overlap ?? defaults.overlap,
    maxInFlight: entry.max_in_flight ?? defaults.maxInFlight,
  };
}

function secretOf(entry: FileEmitter, defaults: EmitterDefaults, place: Place): string | null {
  const { signing_secret: own, target } = entry;
  if (own === undefined) return target.http ? defaults.signingSecret : null;
  if (!target.http) place.tell('signing_secret', 'has a meaning with an http target only');
  const secret = place.replaced('signing_secret', own)?.trim();
  if (secret !== undefined && !isSigningSecret(secret))
    place.tell('signing_secret', 'must be base64 after whsec_');
  return secret ?? null;
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
