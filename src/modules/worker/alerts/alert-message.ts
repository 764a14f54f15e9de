import type { Alert, Monitor, ResultStatus } from '../../../ports/monitor-store.port.js';

/** What a receiver gets, as JSON; the key of its record is the monitor's id. Times are ISO 8601, in UTC. */
export interface AlertMessage {
  /** `monitor.down`, `monitor.up`, `monitor.maintenance`: it became so. */
  type: string;
  /** When it was found out. */
  timestamp: string;
  data: {
    monitor: { id: string; name: string; type: string; tags: readonly string[] };
    /** Null: nothing was known before. */
    from: ResultStatus | null;
    to: ResultStatus | null;
    message: string;
    latency_ms: number | null;
    at: string;
  };
}

/** An alert on its way: all attempts carry the same id. */
export interface Sendable {
  id: string;
  monitorId: string;
  body: string;
}

/** `monitor.reminder`: it is down still; `monitor.silent`, `monitor.heard`: results stay out, or are back. */
export function alertType({ kind, to }: Pick<Alert, 'kind' | 'to'>): string {
  return `monitor.${kind === 'status' ? (to ?? 'unknown') : kind}`;
}

export function sendableOf(alert: Alert, { id, name, type, tags }: Monitor): Sendable {
  const at = new Date(alert.at).toISOString();
  const message: AlertMessage = {
    type: alertType(alert),
    timestamp: at,
    data: {
      monitor: { id, name, type, tags },
      from: alert.from,
      to: alert.to,
      message: alert.message,
      latency_ms: alert.latencyMs,
      at,
    },
  };
  return { id: alert.id, monitorId: id, body: JSON.stringify(message) };
}
