import { createHash } from 'node:crypto';
import type { HealthTask } from '../../../monitors/health-task.js';

/**
 * Why a monitor is looked at. `tick`: it is due; so is every task whose id says nothing, such as one of another
 * producer. `now`: somebody asked. `retry`: a further look at one that is pending.
 */
export type TaskKind = 'tick' | 'now' | 'retry';

export interface KnownTask extends HealthTask {
  /** Of the result too. */
  id: string;
  kind: TaskKind;
  /** The planned time of the tick that this one is or goes back to, milliseconds since the Unix epoch. */
  tickAt: number;
}

/** Further ahead than clocks differ, milliseconds. */
const AHEAD_MS = 60_000;
/** What a store keeps of an id. */
const LONGEST_ID = 191;

/** What the id of a health task says about it. */
export function knownTask(id: string, { monitorId, scheduledAt }: HealthTask, now: number): KnownTask {
  const after = id.startsWith(`${monitorId}:`) ? id.slice(monitorId.length + 1) : '';
  // A time far ahead would make every later result an old one.
  const planned = scheduledAt > now + AHEAD_MS ? now : scheduledAt;
  const common = { id: resultId(id), monitorId, scheduledAt: planned };
  if (after.startsWith('now:')) return { ...common, kind: 'now', tickAt: planned };
  const tickAt = /^retry:(?<tick>\d{1,15}):\d{1,15}$/.exec(after)?.groups?.tick;
  if (tickAt !== undefined) return { ...common, kind: 'retry', tickAt: Number(tickAt) };
  return { ...common, kind: 'tick', tickAt: planned };
}

/** `<monitor>:retry:<planned time of the tick>:<its own>`: once each, whoever enqueues it. */
export function retryId(monitorId: string, tickAt: number, plannedAt: number): string {
  return `${monitorId}:retry:${tickAt}:${plannedAt}`;
}

/** Others' ids may be of any length. */
function resultId(id: string): string {
  return id.length <= LONGEST_ID ? id : `sha256:${createHash('sha256').update(id).digest('hex')}`;
}
