import { ObjectId } from 'mongodb';
import type {
  Monitor,
  MonitorFields,
  MonitorSchedule,
  StoredResult,
} from '../../ports/monitor-store.port.js';
import type { MonitorDoc, OwnDoc, ResultDoc } from './documents.js';

const HEX = /^[0-9a-f]{24}$/;

export function isId(id: string): boolean {
  return HEX.test(id);
}

/** Those that can exist, each once. */
export function objectIds(ids: readonly string[]): ObjectId[] {
  return [...new Set(ids)].filter(isId).map((id) => new ObjectId(id));
}

/** What a monitor of whose own fields nothing is written has. */
export const NO_OWN: Omit<OwnDoc, '_id'> = {
  cron: null,
  timezone: null,
  priority: 'default',
  tags: [],
  maintenance_until: null,
};

/** Fields of a schedule, as the collection `monitor` has them. */
export const SCHEDULE_FIELDS = {
  type: 1,
  name: 1,
  interval: 1,
  timeout: 1,
  active: 1,
  created_at: 1,
  updated_at: 1,
} as const;

export function monitorOf(doc: MonitorDoc, own: Omit<OwnDoc, '_id'> = NO_OWN): Monitor {
  return {
    ...scheduleOf(doc, own),
    maxRetries: doc.max_retries ?? 0,
    retryInterval: doc.retry_interval ?? 0,
    resendInterval: doc.resend_interval ?? 0,
    status: doc.status ?? 2,
    config: configOf(doc.config),
    proxyId: doc.proxy_id ? String(doc.proxy_id) : null,
    pushToken: doc.push_token || null,
    tags: own.tags,
    maintenanceUntil: own.maintenance_until,
  };
}

export function scheduleOf(doc: MonitorDoc, own: Omit<OwnDoc, '_id'> = NO_OWN): MonitorSchedule {
  return {
    id: doc._id.toHexString(),
    type: doc.type,
    name: doc.name ?? '',
    interval: Number(doc.interval),
    timeout: Number(doc.timeout ?? 0),
    active: Boolean(doc.active),
    cron: own.cron,
    timezone: own.timezone,
    priority: own.priority,
    createdAt: createdAt(doc),
    updatedAt: doc.updated_at?.getTime() ?? createdAt(doc),
  };
}

function createdAt({ created_at: at, _id }: MonitorDoc): number {
  return (at ?? _id.getTimestamp()).getTime();
}

function configOf(value: unknown): Monitor['config'] {
  const config = typeof value === 'string' ? parsed(value) : value;
  const isObject = typeof config === 'object' && config !== null && !Array.isArray(config);
  return isObject ? (config as Record<string, unknown>) : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

type Fields = Partial<MonitorFields>;

/** What of the fields lies in `monitor`; those that are not given are undefined. */
export function mainOf(fields: Fields): Partial<MonitorDoc> {
  const { config, proxyId } = fields;
  return withoutUndefined({
    type: fields.type,
    name: fields.name,
    interval: fields.interval,
    timeout: fields.timeout,
    max_retries: fields.maxRetries,
    retry_interval: fields.retryInterval,
    resend_interval: fields.resendInterval,
    active: fields.active,
    config: config === undefined || config === null ? config : JSON.stringify(config),
    proxy_id: proxyId && isId(proxyId) ? new ObjectId(proxyId) : proxyId,
    push_token: fields.pushToken,
  });
}

/** What of the fields lies in a collection of ours. */
export function ownOf({
  cron,
  timezone,
  priority,
  tags,
  maintenanceUntil,
}: Fields): Partial<Omit<OwnDoc, '_id'>> {
  return withoutUndefined({
    cron,
    timezone,
    priority,
    tags: tags && [...tags],
    maintenance_until: maintenanceUntil,
  });
}

function withoutUndefined<T extends object>(all: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as never;
}

export function resultOf({ _id, monitorId, ...rest }: ResultDoc): StoredResult {
  return { ...rest, id: _id, monitorId: monitorId.toHexString() };
}
