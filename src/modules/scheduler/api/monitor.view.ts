import type { CheckDefinition } from '../../../checks/define-check.js';
import { withoutSecrets } from '../../../checks/secret-fields.js';
import { SECRET_MARKER } from '../../../core/secret-text.js';
import {
  MONITOR_STATUS,
  type Monitor,
  type MonitorState,
  type ResultStatus,
  type StatusCounts,
  type StoredResult,
  type Uptime,
} from '../../../ports/monitor-store.port.js';

type Keyed = ReadonlyMap<string, CheckDefinition>;

/**
 * A monitor as answers show it: a marker where its config has a secret, and for its push token. `withToken`: for whoever
 * has just made that token, or set it.
 */
export function monitorView(monitor: Monitor, checks: Keyed, withToken = false) {
  return {
    ...head(monitor),
    config: withoutSecrets(checks.get(monitor.type), monitor.config),
    proxy_id: monitor.proxyId,
    push_token: withToken ? monitor.pushToken : hiddenToken(monitor),
  };
}

function hiddenToken({ pushToken }: Monitor): string | null {
  return pushToken === null ? null : SECRET_MARKER;
}

/** As events carry it: nothing that could be a secret. */
export function monitorEventView(monitor: Monitor) {
  return head(monitor);
}

/** As an import takes it; with its secrets where no `checks` are given. */
export function monitorExport(monitor: Monitor, checks: Keyed | null) {
  const { status: _, status_text: _text, created_at: _at, updated_at: _upd, ...fields } = head(monitor);
  const config = checks ? withoutSecrets(checks.get(monitor.type), monitor.config) : monitor.config;
  const token = checks ? hiddenToken(monitor) : monitor.pushToken;
  return { ...fields, config, proxy_id: monitor.proxyId, push_token: token };
}

function head(monitor: Monitor) {
  return {
    id: monitor.id,
    name: monitor.name,
    type: monitor.type,
    interval: monitor.interval,
    timeout: monitor.timeout,
    max_retries: monitor.maxRetries,
    retry_interval: monitor.retryInterval,
    resend_interval: monitor.resendInterval,
    active: monitor.active,
    cron: monitor.cron,
    timezone: monitor.timezone,
    priority: monitor.priority,
    tags: monitor.tags,
    maintenance_until: iso(monitor.maintenanceUntil),
    status: monitor.status,
    status_text: textOf(monitor.status),
    created_at: iso(monitor.createdAt),
    updated_at: iso(monitor.updatedAt),
  };
}

/** What is known from the results; null before the first one. */
export function stateView(state: MonitorState | undefined) {
  if (!state) return null;
  return {
    since: iso(state.since),
    failures: state.failures,
    last_status: state.lastStatus,
    last_planned_at: iso(state.lastPlannedAt),
    last_at: iso(state.lastAt),
    latency_ms: state.latencyMs,
    message: state.message,
    silent_since: iso(state.silentSince),
  };
}

export function uptimeView({ h24, d7, d30, latencyMs24h }: Uptime) {
  return {
    '24h': shareView(h24),
    '7d': shareView(d7),
    '30d': shareView(d30),
    latency_ms_24h: latencyMs24h,
  };
}

/** Who is pending failed; maintenance and unknown say nothing of the target. */
function shareView(counts: StatusCounts) {
  const { up, down, pending, maintenance, unknown } = counts;
  const told = up + down + pending;
  return { ratio: told === 0 ? null : up / told, up, down, pending, maintenance, unknown };
}

export function resultView(result: StoredResult) {
  return {
    id: result.id,
    planned_at: iso(result.plannedAt),
    at: iso(result.at),
    status: result.status === 'unknown' ? null : MONITOR_STATUS[result.status],
    status_text: result.status,
    found: result.found,
    latency_ms: result.latencyMs,
    message: result.message,
  };
}

export function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

const TEXTS = Object.fromEntries(Object.entries(MONITOR_STATUS).map(([text, number]) => [number, text]));

function textOf(status: number): ResultStatus {
  return (TEXTS[status] ?? 'unknown') as ResultStatus;
}
