import {
  MONITOR_STATUS,
  PRIORITIES,
  type Monitor,
  type MonitorFields,
  type MonitorSchedule,
  type MonitorStatus,
  type Priority,
} from '../../../ports/monitor-store.port.js';
import type { Layout } from '../schema/layout.js';
import type { MonitorsTable, OwnFieldsTable } from '../schema/tables.js';
import { storable, tagsOf, tagText, toBoolean, toMillis, toNumber, toObject } from './values.js';

export type MonitorRow = Partial<MonitorsTable> & { id: string } & {
  [Column in keyof Omit<OwnFieldsTable, 'monitor_id'>]?: OwnFieldsTable[Column] | null;
};

/** Share of the interval that a check may take where the table does not say. */
const TIMEOUT_SHARE = 0.8;

export function scheduleOf(row: MonitorRow): MonitorSchedule {
  const interval = toNumber(row.interval) ?? 0;
  return {
    id: row.id,
    type: row.type ?? '',
    name: row.name ?? '',
    interval,
    timeout: toNumber(row.timeout) ?? interval * TIMEOUT_SHARE,
    active: toBoolean(row.active),
    cron: row.cron ?? null,
    timezone: row.timezone ?? null,
    priority: priorityOf(row.priority),
    createdAt: toMillis(row.created_at),
    updatedAt: toMillis(row.updated_at),
  };
}

export function monitorOf(row: MonitorRow): Monitor {
  return {
    ...scheduleOf(row),
    maxRetries: toNumber(row.max_retries) ?? 0,
    retryInterval: toNumber(row.retry_interval) ?? 0,
    resendInterval: toNumber(row.resend_interval) ?? 0,
    status: statusOf(row.status),
    config: toObject(row.config),
    proxyId: row.proxy_id ?? null,
    pushToken: row.push_token ?? null,
    tags: tagsOf(row.tags ?? null),
    maintenanceUntil: toNumber(row.maintenance_until),
  };
}

const STATUSES: readonly number[] = Object.values(MONITOR_STATUS);

/** What is not known is pending. */
function statusOf(value: unknown): MonitorStatus {
  const status = toNumber(value);
  const isOne = status !== null && STATUSES.includes(status);
  return isOne ? (status as MonitorStatus) : MONITOR_STATUS.pending;
}

function priorityOf(value: string | null | undefined): Priority {
  return PRIORITIES.find((priority) => priority === value) ?? 'default';
}

const COLUMN_OF = {
  type: 'type',
  name: 'name',
  interval: 'interval',
  timeout: 'timeout',
  maxRetries: 'max_retries',
  retryInterval: 'retry_interval',
  resendInterval: 'resend_interval',
  active: 'active',
  config: 'config',
  proxyId: 'proxy_id',
  pushToken: 'push_token',
} as const satisfies Partial<Record<keyof MonitorFields, keyof MonitorsTable>>;

/** The columns of `monitors` that these fields are; those that it lacks are left out (`lackingOf` tells which). */
export function columnsOf(fields: Partial<MonitorFields>, { columns }: Layout): Partial<MonitorsTable> {
  const row: Record<string, unknown> = {};
  for (const [field, column] of Object.entries(COLUMN_OF) as [
    keyof typeof COLUMN_OF,
    keyof MonitorsTable,
  ][]) {
    const value = fields[field as keyof MonitorFields];
    if (value !== undefined && columns.includes(column)) row[column] = written(field, value);
  }
  return row;
}

/** Columns that a table of an older program lacks, and that a field would have to be kept in. */
export function lackingOf(fields: Partial<MonitorFields>, { columns }: Layout): string[] {
  const nullable = ['proxyId', 'pushToken'] as const;
  return nullable
    .filter((field) => (fields[field] ?? null) !== null && !columns.includes(COLUMN_OF[field]))
    .map((field) => COLUMN_OF[field]);
}

/** '1' and '0' are what boolean and number columns both take. */
function written(field: string, value: unknown): unknown {
  if (field === 'active') return value ? '1' : '0';
  if (field === 'config') return value === null ? null : JSON.stringify(value);
  return typeof value === 'string' ? storable(value) : value;
}

type OwnFields = Pick<MonitorFields, 'cron' | 'timezone' | 'priority' | 'tags' | 'maintenanceUntil'>;

export function hasOwnFields({ cron, timezone, priority, tags, maintenanceUntil }: OwnFields): boolean {
  return (
    cron !== null ||
    timezone !== null ||
    maintenanceUntil !== null ||
    priority !== 'default' ||
    tags.length > 0
  );
}

export function ownRowOf(id: string, fields: OwnFields): OwnFieldsTable {
  return {
    monitor_id: id,
    cron: fields.cron,
    timezone: fields.timezone,
    priority: fields.priority,
    tags: storable(tagText(fields.tags)),
    maintenance_until: fields.maintenanceUntil,
  };
}
