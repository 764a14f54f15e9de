import type { ChosenDriver } from './app-config.js';
import type { SchedulerSettings } from './scheduler-settings.js';

export interface RetentionParts {
  parts: readonly string[];
  settings: { scheduler: SchedulerSettings } | undefined;
  drivers: readonly Pick<ChosenDriver, 'options'>[];
}

/**
 * A done task keeps its id taken for its retention. A new leader makes up for ticks of the whole window, and the old one
 * may have enqueued them up to the end of its lease: forgotten earlier, a tick would run twice.
 */
export function retentionMistakes({ parts, settings, drivers }: RetentionParts): string[] {
  if (!settings || !parts.includes('scheduler')) return [];
  const { task, windowMs } = settings.scheduler;
  const ttls = drivers.map(({ options }) => Number(options.LEADER_TTL_MS ?? 0));
  const leastMs = windowMs + Math.max(0, ...ttls);
  if (task.retentionMs >= leastMs) return [];
  return [
    `TASK_RETENTION_S must be at least ${Math.ceil(leastMs / 1000)}: SCHEDULER_CATCH_UP_WINDOW_S and LEADER_TTL_MS together`,
  ];
}
