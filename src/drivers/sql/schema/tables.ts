/** The contract's table, as any program may have made it: what may come in several forms is unknown. */
export interface MonitorsTable {
  id: string;
  type: string;
  name: string;
  interval: number;
  timeout: number | null;
  max_retries: number | null;
  retry_interval: number | null;
  resend_interval: number | null;
  active: unknown;
  status: number | null;
  config: unknown;
  proxy_id: string | null;
  push_token: string | null;
  created_at: unknown;
  updated_at: unknown;
}

/** From here on ours. Times are milliseconds since the Unix epoch. Of a monitor that has nothing of it: no row. */
export interface OwnFieldsTable {
  monitor_id: string;
  cron: string | null;
  timezone: string | null;
  priority: string;
  /** As `tagText` writes it. */
  tags: string;
  maintenance_until: number | null;
}

export interface StatesTable {
  monitor_id: string;
  status: number | null;
  since: number | null;
  failures: number;
  last_status: string | null;
  last_at: number | null;
  last_planned_at: number | null;
  latency_ms: number | null;
  message: string | null;
  alerted_at: number | null;
  silent_since: number | null;
}

export interface ResultsTable {
  id: string;
  monitor_id: string;
  planned_at: number;
  at: number;
  found: string;
  status: string;
  latency_ms: number | null;
  message: string;
}

export interface RollupsTable {
  monitor_id: string;
  /** Hours since the Unix epoch. */
  hour: number;
  up: number;
  down: number;
  pending: number;
  maintenance: number;
  unknown: number;
  latency_sum: number;
  latency_count: number;
}

export interface PushesTable {
  monitor_id: string;
  at: number;
  found: string;
  message: string;
  latency_ms: number | null;
}

export interface AlertsTable {
  id: string;
  monitor_id: string;
  kind: string;
  from_status: string | null;
  to_status: string | null;
  at: number;
  latency_ms: number | null;
  message: string;
  /** How often it was taken. */
  attempts: number;
  /** Nobody gets it before. */
  next_at: number;
  /** Null until it was sent or given up. */
  settled_at: number | null;
}

export interface MigrationsTable {
  version: number;
  applied_at: number;
}

export interface Tables {
  monitors: MonitorsTable;
  carillon_monitors: OwnFieldsTable;
  carillon_states: StatesTable;
  carillon_results: ResultsTable;
  carillon_rollups: RollupsTable;
  carillon_pushes: PushesTable;
  carillon_alerts: AlertsTable;
  carillon_migrations: MigrationsTable;
}
