import type { z } from 'zod';
import { listMistakes } from '../checks/targets/target-list.js';
import type { Priority } from '../ports/monitor-store.port.js';
import { TOPIC } from './processor-settings.js';
import { readVariables } from './read-variables.js';
import { workerVariables } from './worker.variables.js';

/** Which addresses checks may ask. */
export interface TargetSettings {
  level: 'public' | 'private' | 'any';
  /** Host names, `*.` names, addresses, networks; lower case. */
  allow: readonly string[];
  deny: readonly string[];
}

/** The child processes that run checks. */
export interface CheckProcessSettings {
  count: number;
  memoryMb: number;
  /** All that they see of the environment: none of it is a secret. */
  environment: Readonly<Record<string, string>>;
}

/** What decides how a client behaves, and is no setting of ours. */
const INHERITED = [
  ...['PATH', 'TZ', 'LANG', 'LC_ALL', 'TMPDIR'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'OPENSSL_CONF', 'NODE_TLS_REJECT_UNAUTHORIZED'],
  ...['LOCALDOMAIN', 'RES_OPTIONS'],
];

export interface AlertSettings {
  webhook: URL | null;
  secret: string | null;
  topic: string | null;
  giveUpMs: number;
}

/** What `worker` does. Times in milliseconds. */
export interface WorkerSettings {
  concurrency: number;
  perHost: number;
  weights: Readonly<Record<Priority, number>>;
  strict: boolean;
  staleIntervals: number;
  eventLoopLateMs: number;
  processes: CheckProcessSettings;
  resultsKeptMs: number;
  rollupsKeptMs: number;
  alerts: AlertSettings;
  targets: TargetSettings;
}

const DAY_MS = 86_400_000;

/** What is wrong goes to `mistakes`. */
export function readWorker(
  env: Readonly<Record<string, string>>,
  mistakes: string[],
): WorkerSettings | undefined {
  const read = readVariables(workerVariables, env, mistakes);
  if (!read) return undefined;
  const weights = read.WORKER_QUEUE_WEIGHTS.map(Number);
  mistakes.push(...odd(read, weights));
  return {
    concurrency: read.WORKER_CONCURRENCY,
    perHost: read.WORKER_PER_HOST,
    weights: { critical: weights[0] ?? 1, default: weights[1] ?? 1, low: weights[2] ?? 1 },
    strict: read.WORKER_STRICT_PRIORITY,
    staleIntervals: read.WORKER_STALE_INTERVALS,
    eventLoopLateMs: read.WORKER_EVENT_LOOP_LATE_MS,
    processes: {
      count: read.WORKER_CHECK_PROCESSES,
      memoryMb: read.WORKER_CHECK_PROCESS_MEMORY_MB,
      environment: Object.fromEntries(
        INHERITED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
      ),
    },
    resultsKeptMs: read.RESULTS_RETENTION_DAYS * DAY_MS,
    rollupsKeptMs: read.ROLLUPS_RETENTION_DAYS * DAY_MS,
    alerts: {
      webhook: read.ALERT_WEBHOOK_URL ?? null,
      secret: read.ALERT_WEBHOOK_SECRET ?? null,
      topic: read.ALERT_TOPIC ?? null,
      giveUpMs: read.ALERT_GIVE_UP_HOURS * 3_600_000,
    },
    targets: {
      level: read.CHECK_TARGETS,
      allow: read.CHECK_ALLOW.map((word) => word.toLowerCase()),
      deny: read.CHECK_DENY.map((word) => word.toLowerCase()),
    },
  };
}

function* odd(read: z.output<typeof workerVariables>, weights: readonly number[]): Generator<string> {
  const isWeight = (weight: number) => Number.isInteger(weight) && weight >= 1 && weight <= 1000;
  if (weights.length !== 3 || !weights.every(isWeight))
    yield 'WORKER_QUEUE_WEIGHTS must be three whole numbers from 1 to 1000, divided by commas';
  if (read.ALERT_TOPIC !== undefined && !TOPIC.test(read.ALERT_TOPIC))
    yield 'ALERT_TOPIC must be 1 to 249 of the characters a-z A-Z 0-9 . _ -';
  if (read.ALERT_WEBHOOK_SECRET !== undefined && !read.ALERT_WEBHOOK_URL)
    yield 'ALERT_WEBHOOK_SECRET has no effect without ALERT_WEBHOOK_URL';
  for (const name of ['CHECK_ALLOW', 'CHECK_DENY'] as const)
    for (const mistake of listMistakes(read[name])) yield `${name} ${mistake}`;
}
