import type { Priority } from '../ports/monitor-store.port.js';
import { readVariables } from './read-variables.js';
import { schedulerVariables } from './scheduler.variables.js';

/** How a tick becomes a task. */
export interface TaskSettings {
  type: string;
  queues: Readonly<Record<Priority, string>>;
  maxRetries: number;
  timeoutMs: number;
  retentionMs: number;
}

export type CatchUp = 'latest' | 'all' | 'none';

/** What `scheduler` does. Times in milliseconds. */
export interface SchedulerSettings {
  quantumMs: number;
  /** Of cron lines that name none. */
  timezone: string;
  catchUp: CatchUp;
  windowMs: number;
  syncMs: number;
  deltaMs: number;
  task: TaskSettings;
  maxMonitors: number;
  maxImport: number;
}

/** What is wrong goes to `mistakes`. */
export function readScheduler(
  env: Readonly<Record<string, string>>,
  mistakes: string[],
): SchedulerSettings | undefined {
  const read = readVariables(schedulerVariables, env, mistakes);
  if (!read) return undefined;
  return {
    quantumMs: read.SCHEDULER_QUANTUM_MS,
    timezone: read.SCHEDULER_TIMEZONE ?? env.TZ ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    catchUp: read.SCHEDULER_CATCH_UP,
    windowMs: read.SCHEDULER_CATCH_UP_WINDOW_S * 1000,
    syncMs: read.SCHEDULER_SYNC_S * 1000,
    deltaMs: read.SCHEDULER_DELTA_S * 1000,
    task: {
      type: read.TASK_TYPE,
      queues: { critical: read.TASK_QUEUE_CRITICAL, default: read.TASK_QUEUE, low: read.TASK_QUEUE_LOW },
      maxRetries: read.TASK_MAX_RETRIES,
      timeoutMs: read.TASK_TIMEOUT_S * 1000,
      retentionMs: read.TASK_RETENTION_S * 1000,
    },
    maxMonitors: read.MONITORS_MAX,
    maxImport: read.MONITORS_IMPORT_MAX,
  };
}
