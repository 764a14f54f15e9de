import type { TaskSettings } from '../../../config/scheduler-settings.js';
import { healthTask } from '../../../monitors/health-task.js';
import type { Monitor, StoredResult } from '../../../ports/monitor-store.port.js';
import type { NewTask } from '../../../ports/task-queue.port.js';
import type { Rhythms } from './rhythm.js';
import { retryId, type KnownTask } from './task-kind.js';

/**
 * The next look at a monitor that is pending, `retryInterval` after this one; null where its next tick comes before that,
 * or it has no such interval. Each tick begins one row of looks, which ends before the next tick: never two side by side.
 */
export function furtherLook(
  { kind, tickAt }: KnownTask,
  { status, at }: Pick<StoredResult, 'status' | 'at'>,
  monitor: Monitor,
  { rhythms, task }: { rhythms: Pick<Rhythms, 'tickAfter'>; task: TaskSettings },
): NewTask | null {
  const { id: monitorId, retryInterval, active, priority } = monitor;
  if (status !== 'pending' || !active || kind === 'now' || !(retryInterval > 0)) return null;
  const plannedAt = at + retryInterval * 1000;
  if (plannedAt >= rhythms.tickAfter(tickAt, monitor)) return null;
  const id = retryId(monitorId, tickAt, plannedAt);
  return { ...healthTask(id, { monitorId, scheduledAt: plannedAt }, priority, task), processAt: plannedAt };
}
