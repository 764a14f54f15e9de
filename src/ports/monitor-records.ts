/** The integer of the table: 0 down, 1 up, 2 pending (fails, retries are left), 3 maintenance. */
export const MONITOR_STATUS = { down: 0, up: 1, pending: 2, maintenance: 3 } as const;
export type MonitorStatus = (typeof MONITOR_STATUS)[keyof typeof MONITOR_STATUS];
/** As results have it; `unknown`: the observer could not tell, so the monitor's status stays as it was. */
export type ResultStatus = keyof typeof MONITOR_STATUS | 'unknown';

export const PRIORITIES = ['critical', 'default', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** What people may write of a monitor. Durations in seconds, as the table has them. */
export interface MonitorFields {
  /** At most 20 characters. One that this version has no check for is kept as it is. */
  type: string;
  /** At most 150 characters. */
  name: string;
  interval: number;
  timeout: number;
  maxRetries: number;
  retryInterval: number;
  resendInterval: number;
  active: boolean;
  /** Null when what lies there is no JSON object. */
  config: Readonly<Record<string, unknown>> | null;
  proxyId: string | null;
  pushToken: string | null;
  /** From here on kept in tables of ours. A cron line instead of the interval. */
  cron: string | null;
  /** IANA name for the cron line; null: SCHEDULER_TIMEZONE. */
  timezone: string | null;
  priority: Priority;
  tags: readonly string[];
  /** Until then results count as maintenance, milliseconds since the Unix epoch. */
  maintenanceUntil: number | null;
}

export interface Monitor extends MonitorFields {
  /** A UUID; on MongoDB 24 hexadecimal digits. */
  readonly id: string;
  /** Of a new one: pending. */
  readonly status: MonitorStatus;
  /** Milliseconds since the Unix epoch, as exact as the database keeps them. */
  readonly createdAt: number;
  /** Changes with each edit, never with a status. */
  readonly updatedAt: number;
}

/** What a scheduler keeps in memory of a monitor. */
export type MonitorSchedule = Pick<
  Monitor,
  | 'id'
  | 'type'
  | 'name'
  | 'interval'
  | 'timeout'
  | 'active'
  | 'cron'
  | 'timezone'
  | 'priority'
  | 'createdAt'
  | 'updatedAt'
>;

/** All that are given must fit. */
export interface MonitorFilter {
  active?: boolean;
  type?: string;
  status?: MonitorStatus;
  priority?: Priority;
  tag?: string;
  /** Part of the name, in any case. */
  search?: string;
}

/** What one check found; `id` is its task's: a second one of the same id changes nothing. */
export interface RawResult {
  id: string;
  monitorId: string;
  /** When it was due, and when it ended; milliseconds since the Unix epoch. */
  plannedAt: number;
  at: number;
  found: 'up' | 'down' | 'unknown';
  /** Of the check, milliseconds; null where nothing was measured. */
  latencyMs: number | null;
  /** At most 1,000 characters; a sentence without secret. */
  message: string;
}

/** What is known of a monitor from its results so far. All null or 0 before the first one. */
export interface MonitorState {
  /** The last status but `unknown`; `since` is when it began. */
  status: MonitorStatus | null;
  since: number | null;
  /** Checks in a row that found it down. */
  failures: number;
  /** The last result, whatever it was. */
  lastStatus: ResultStatus | null;
  lastAt: number | null;
  /** The planned time of the newest one; an older one that comes late does not change the status. */
  lastPlannedAt: number | null;
  latencyMs: number | null;
  message: string | null;
  /** When an alert for the present status was last due. */
  alertedAt: number | null;
  /** Since when no result came although it should have; null: it is heard. */
  silentSince: number | null;
}

/** `status`: it changed. `reminder`: it is down still. `silent`, `heard`: results stay out, or are back. */
export type AlertKind = 'status' | 'reminder' | 'silent' | 'heard';

/** What somebody is to be told; kept until it is sent. */
export interface NewAlert {
  kind: AlertKind;
  monitorId: string;
  from: ResultStatus | null;
  to: ResultStatus | null;
  /** Milliseconds since the Unix epoch. */
  at: number;
  latencyMs: number | null;
  message: string;
}

export interface Alert extends NewAlert {
  /** A UUID, the same on every attempt. */
  readonly id: string;
  /** Attempts before this one: each taking is one, also when its taker died. */
  readonly attempts: number;
}

/** What a result means: pure, so that a driver may ask again when somebody else wrote meanwhile. */
export interface Judgement {
  status: ResultStatus;
  state: MonitorState;
  alerts: readonly NewAlert[];
}
export type Judge = (state: MonitorState, result: RawResult) => Judgement;

export interface StoredResult extends RawResult {
  status: ResultStatus;
}

/** How often each status was found. */
export type StatusCounts = Readonly<Record<ResultStatus, number>>;

/** From rollups of whole hours (UTC) of the planned time: the hour that runs, and the 24, 168 or 720 before it. */
export interface Uptime {
  h24: StatusCounts;
  d7: StatusCounts;
  d30: StatusCounts;
  /** Mean latency of the checks that measured one in the last 24 h, milliseconds; null without any. */
  latencyMs24h: number | null;
}

/** A call of the URL of a push monitor. */
export interface Push {
  /** Milliseconds since the Unix epoch. */
  at: number;
  found: 'up' | 'down';
  message: string;
  latencyMs: number | null;
}

export interface QuietMonitor {
  id: string;
  interval: number;
  cron: string | null;
  timezone: string | null;
  /** The last result or the last edit, whichever is later; milliseconds since the Unix epoch. */
  lastAt: number;
}

/** Older than these (milliseconds since the Unix epoch) is deleted. */
export interface Retention {
  /** By the planned time. */
  resultsBefore: number;
  rollupsBefore: number;
  /** Alerts that were sent or given up. */
  alertsBefore: number;
}

/** Of a monitor without results. */
export function newState(): MonitorState {
  return {
    status: null,
    since: null,
    failures: 0,
    lastStatus: null,
    lastAt: null,
    lastPlannedAt: null,
    latencyMs: null,
    message: null,
    alertedAt: null,
    silentSince: null,
  };
}
