import type { TaskSettings } from '../config/scheduler-settings.js';
import type { Priority } from '../ports/monitor-store.port.js';
import type { NewTask } from '../ports/task-queue.port.js';

/** What the payload says: the contract's two fields. */
export interface HealthTask {
  monitorId: string;
  /** Milliseconds since the Unix epoch. */
  scheduledAt: number;
}

/** The id that makes a tick one task, whoever enqueues it. */
export function tickId(monitorId: string, plannedAt: number): string {
  return `${monitorId}:${plannedAt}`;
}

/** The task of one check, as CONTRACTS.md §5 has it. */
export function healthTask(
  id: string,
  { monitorId, scheduledAt }: HealthTask,
  priority: Priority,
  settings: TaskSettings,
): NewTask {
  const { type, queues, maxRetries, timeoutMs, retentionMs } = settings;
  const payload = Buffer.from(`{"monitor_id":${quoted(monitorId)},"scheduled_at":"${rfc3339(scheduledAt)}"}`);
  return { id, type, payload, queue: queues[priority], maxRetries, timeoutMs, retentionMs };
}

/** Null when it is no such payload. Other fields are passed over. */
export function readHealthTask(payload: Buffer): HealthTask | null {
  let read: unknown;
  try {
    read = JSON.parse(payload.toString('utf8'));
  } catch {
    return null;
  }
  const { monitor_id: monitorId, scheduled_at: scheduled } = (read ?? {}) as Record<string, unknown>;
  const scheduledAt = typeof scheduled === 'string' ? Date.parse(scheduled) : NaN;
  if (typeof monitorId !== 'string' || monitorId === '' || Number.isNaN(scheduledAt)) return null;
  return { monitorId, scheduledAt };
}

/** Ids that databases make need no escapes. */
const PLAIN = /^[\w-]+$/;

function quoted(id: string): string {
  return PLAIN.test(id) ? `"${id}"` : JSON.stringify(id);
}

/** The minute that was written last: ticks come in the order of their times. */
let minute = { at: NaN, text: '' };

/** As Go's time writes it: a fraction only where there is one. */
function rfc3339(ms: number): string {
  const rest = ((ms % 60_000) + 60_000) % 60_000;
  if (ms - rest !== minute.at)
    minute = { at: ms - rest, text: new Date(ms - rest).toISOString().slice(0, 17) };
  const second = Math.floor(rest / 1000);
  const fraction = rest % 1000;
  const seconds = second < 10 ? `0${second}` : `${second}`;
  return `${minute.text}${seconds}${fraction === 0 ? '' : `.${`${1000 + fraction}`.slice(1)}`}Z`;
}
