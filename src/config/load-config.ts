import { resolve } from 'node:path';
import type { z } from 'zod';
import type { DriverDefinition } from '../drivers/define-driver.js';
import type { AppConfig, ChosenDriver, NeedsConfig, PartSpec } from './app-config.js';
import { appVariables } from './app.variables.js';
import { missingCounterparts } from './check-counterparts.js';
import { addressesOf, chooseDrivers } from './choose-drivers.js';
import { chooseParts, chooseReady } from './choose-parts.js';
import { ConfigError } from './config-error.js';
import { secretsOfEmitters, secretsOfVariables } from './configured-secrets.js';
import { emitterVariables } from './emitter.variables.js';
import type { GatewaySettings } from './gateway-settings.js';
import { gatewayVariables } from './gateway.variables.js';
import { readProcessor } from './processor-settings.js';
import { processorVariables } from './processor.variables.js';
import { readEmitters, type EmittersReading } from './read-emitters.js';
import { present, readVariables, withLowerCaseProxies } from './read-variables.js';
import { retentionMistakes } from './retention-mistake.js';
import { readScheduler } from './scheduler-settings.js';
import { heldEmbedded, queueBeyondStore, withoutAddress } from './technologies.js';
import { readWorker } from './worker-settings.js';
import { workerVariables } from './worker.variables.js';

/** Lists of words: no value of theirs is malformed, so they can be read when another variable is. */
const partVariables = appVariables.pick({ MODULES: true, READY_REQUIRES: true });

const ANY_HOST =
  'ALLOWED_HOSTS=* serves any Host: a web page can reach this service through a name of its own (DNS rebinding). Name the hosts instead.';
/** Those that do not belong to a driver. */
const OWN_VARIABLES = [appVariables, gatewayVariables, processorVariables, emitterVariables, workerVariables];

/** What the environment can ask for. */
export interface Catalogue {
  parts: Readonly<Record<string, PartSpec>>;
  drivers: readonly DriverDefinition[];
}

/**
 * Checks the environment whole and answers the configuration.
 * @throws ConfigError naming every mistake by its variable, never a value.
 */
export function loadConfig(
  environment: Readonly<Record<string, string | undefined>>,
  catalogue: Catalogue,
): AppConfig {
  const mistakes: string[] = [];
  const env = withLowerCaseProxies(present(environment));
  const app = readVariables(appVariables, env, mistakes);
  if (app) mistakes.push(...oddLimits(app));
  const production = isProduction(env);
  const warnings = withoutAddress(env, catalogue.drivers);
  if (production) mistakes.push(...warnings);
  const { MODULES, READY_REQUIRES } = partVariables.parse(env);
  const parts = chooseParts(MODULES, catalogue.parts, mistakes);
  const settings = readSettings(env, {
    runs: parts.includes('emitter'),
    hasLeader: parts.includes('leader'),
    dataFolder: app?.DATA_FOLDER ?? '',
    mistakes,
    warnings,
  });
  const needs = needsOf(parts, catalogue, settings);
  const drivers = chooseDrivers(new Set(Object.values(needs).flat()), {
    env,
    production,
    drivers: catalogue.drivers,
    mistakes,
  });
  mistakes.push(
    ...missingCounterparts({
      parts,
      known: catalogue.parts,
      drivers,
      addressesOf: (port) => addressesOf(port, catalogue.drivers),
    }),
  );
  mistakes.push(...retentionMistakes({ parts, settings, drivers }));
  const readyRequires = chooseReady(READY_REQUIRES, parts, mistakes);
  if (mistakes.length > 0 || !app || !settings) throw new ConfigError(mistakes);
  return {
    ...processSettings(app),
    parts,
    production,
    readyRequires,
    ...settings,
    needs,
    drivers,
    warnings: [...warnings, ...odd(app, env, drivers)],
    secrets: secretsOf(env, catalogue, settings),
  };
}

function secretsOf(env: Record<string, string>, { drivers }: Catalogue, { emitter }: NeedsConfig): string[] {
  const groups = [...OWN_VARIABLES, ...drivers.map(({ variables }) => variables)];
  return [...secretsOfVariables(env, groups), ...secretsOfEmitters(emitter.emitters)];
}

/** A body's buffer doubles as it grows, so one alone may need that much. */
function oddLimits({ BODIES_LIMIT, BODY_LIMIT }: z.output<typeof appVariables>): string[] {
  return BODIES_LIMIT < 2 * BODY_LIMIT ? ['BODIES_LIMIT must be at least twice BODY_LIMIT'] : [];
}

/** What the parts do, each by its own variables. */
function readSettings(env: Record<string, string>, reading: EmittersReading): NeedsConfig | undefined {
  const gateway = readGateway(env, reading.mistakes);
  const processor = readProcessor(env, reading.mistakes);
  const emitter = readEmitters(env, reading);
  const scheduler = readScheduler(env, reading.mistakes);
  const worker = readWorker(env, reading.mistakes);
  return gateway && processor && scheduler && worker && { gateway, processor, emitter, scheduler, worker };
}

function needsOf(parts: readonly string[], catalogue: Catalogue, config: NeedsConfig | undefined) {
  if (!config) return {};
  return Object.fromEntries(parts.map((name) => [name, catalogue.parts[name]?.needs(config) ?? []]));
}

/** Read on its own, so that a mistake elsewhere does not hide what production demands. */
function isProduction({ NODE_ENV = '', MODE = '' }: Record<string, string>): boolean {
  return [NODE_ENV, MODE].some((word) => ['production', 'prod'].includes(word.trim().toLowerCase()));
}

/** What is odd but not wrong. */
function odd(
  { ALLOWED_HOSTS }: z.output<typeof appVariables>,
  env: Record<string, string>,
  drivers: readonly ChosenDriver[],
): string[] {
  const openHosts = ALLOWED_HOSTS.includes('*') ? [ANY_HOST] : [];
  return [...openHosts, ...heldEmbedded(env, drivers), ...queueBeyondStore(env, drivers)];
}

function processSettings(app: z.output<typeof appVariables>) {
  return {
    http: {
      host: app.HOST,
      port: app.PORT,
      allowedHosts: app.ALLOWED_HOSTS,
      bodyLimit: app.BODY_LIMIT,
      bodiesLimit: app.BODIES_LIMIT,
      bodyTimeoutMs: app.BODY_TIMEOUT_MS,
      maxConnections: app.HTTP_MAX_CONNECTIONS,
      maxConnectionsPerAddress: app.HTTP_MAX_CONNECTIONS_PER_ADDRESS,
      headersTimeoutMs: app.HTTP_HEADERS_TIMEOUT_MS,
    },
    proxies: { http: app.HTTP_PROXY, https: app.HTTPS_PROXY, no: app.NO_PROXY },
    log: {
      level: app.LOG_LEVEL === 'warning' ? 'warn' : app.LOG_LEVEL,
      pretty: app.LOG_PRETTY,
    },
    dataFolder: resolve(app.DATA_FOLDER),
    shutdown: { delayMs: app.SHUTDOWN_DELAY_MS, timeoutMs: app.SHUTDOWN_TIMEOUT_MS },
  };
}

function readGateway(env: Record<string, string>, mistakes: string[]): GatewaySettings | undefined {
  const read = readVariables(gatewayVariables, env, mistakes);
  return (
    read && {
      enrich: read.PRODUCER_ENRICH,
      source: read.MESSAGE_SOURCE ?? env.KAFKA_CLIENT_ID ?? 'python-producer-api',
      produceTimeoutMs: read.PRODUCE_TIMEOUT_MS,
      readTimeoutMs: read.READ_TIMEOUT_MS,
      batchMaxRecords: read.BATCH_MAX_RECORDS,
      streamStallMs: read.STREAM_STALL_MS,
      streamIdleMs: read.STREAM_IDLE_MS,
      tailClients: read.TAIL_CLIENTS,
      idempotencyTtlMs: read.IDEMPOTENCY_TTL_S * 1000,
      idempotencyMaxKeys: read.IDEMPOTENCY_MAX_KEYS,
    }
  );
}
