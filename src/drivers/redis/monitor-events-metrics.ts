import { Counter, type Registry } from 'prom-client';
import type { Unreadable } from '../monitor-event-message.js';

const NAME = 'carillon_monitor_events_total';

export type MonitorEventResult = 'published' | 'publish_failed' | 'received' | Unreadable;

/** Counts messages about monitors by what became of them; registered once in a process. */
export function monitorEventsMetric(registry: Registry): (result: MonitorEventResult) => void {
  const help =
    'Messages about monitors: published, publish_failed, received, or why one could not be read (too_large, not_json, other_type, no_id).';
  const counter =
    (registry.getSingleMetric(NAME) as Counter | undefined) ??
    new Counter({ name: NAME, help, labelNames: ['result'], registers: [registry] });
  return (result) => counter.inc({ result });
}
