import { randomBytes, randomUUID } from 'node:crypto';
import {
  MONITOR_STATUS,
  type Judge,
  type Monitor,
  type MonitorFields,
  type MonitorState,
  type MonitorStore,
  type RawResult,
} from '../../src/ports/monitor-store.port.js';
import { monitorFields } from '../support/monitor-fields.js';

/** What a suite is given. */
export interface OpenStore {
  store: MonitorStore;
  /** Closes what was opened, the port included; harmless when that is closed already. */
  close(): Promise<void>;
}

/** What of the suite depends on how the driver was set up. */
export interface MonitorStoreFacts {
  /** For one test. */
  timeoutMs: number;
}

/** What a part of the suite works with. Every test begins without monitors, results and alerts. */
export interface Suite {
  store: () => MonitorStore;
  /** Another port on the same storage, closed after the test. */
  another: () => Promise<MonitorStore>;
  facts: MonitorStoreFacts;
}

export const NONE = new AbortController().signal;
export const HOUR_MS = 3_600_000;
/** In the middle of an hour, long enough ago that nobody takes it for now. */
export const T0 = Date.UTC(2026, 2, 4, 5, 30);

let count = 0;

/** A monitor unlike any other, unless `fields` say otherwise. */
export function fields(
  given: Partial<MonitorFields> & { id?: string } = {},
): MonitorFields & { id?: string } {
  count += 1;
  return {
    ...monitorFields({
      type: 'http',
      name: `monitor ${count}`,
      interval: 60,
      timeout: 48,
      retryInterval: 60,
      config: { url: `https://example.org/${count}` },
    }),
    ...given,
  };
}

export async function createOne(
  store: MonitorStore,
  given: Parameters<typeof fields>[0] = {},
): Promise<Monitor> {
  const [monitor] = await store.create([fields(given)]);
  return monitor!;
}

export function createMany(store: MonitorStore, howMany: number, given: Partial<MonitorFields> = {}) {
  return store.create(Array.from({ length: howMany }, () => fields(given)));
}

/** An id that could exist here. */
export function newId(store: MonitorStore): string {
  const uuid = randomUUID();
  return store.isId(uuid) ? uuid : randomBytes(12).toString('hex');
}

/** A result unlike any other, unless `given` says otherwise. */
export function result(monitorId: string, given: Partial<RawResult> = {}): RawResult {
  count += 1;
  const plannedAt = given.plannedAt ?? T0 + count;
  const id = `${monitorId}:${plannedAt}:${count}`;
  return {
    id,
    monitorId,
    plannedAt,
    at: plannedAt + 20,
    found: 'up',
    latencyMs: 12,
    message: 'OK',
    ...given,
  };
}

/** A judge of the suite's own: `failures` counts what it judged, and each change of status is an alert. */
export const judge: Judge = (state, { found, monitorId, plannedAt, at, latencyMs, message }) => {
  const isLate = state.lastPlannedAt !== null && plannedAt < state.lastPlannedAt;
  const failures = state.failures + 1;
  if (isLate) return { status: found, state: { ...state, failures }, alerts: [] };
  const status = found === 'unknown' ? state.status : MONITOR_STATUS[found];
  const isChange = status !== state.status;
  const next: MonitorState = {
    ...state,
    status,
    since: isChange ? at : state.since,
    failures,
    lastStatus: found,
    lastAt: at,
    lastPlannedAt: plannedAt,
    latencyMs,
    message,
    silentSince: null,
  };
  const from = state.lastStatus;
  const alert = { kind: 'status', monitorId, from, to: found, at, latencyMs, message } as const;
  return { status: found, state: next, alerts: isChange && state.status !== null ? [alert] : [] };
};

/** Every page until the last one, as one list. */
export async function walk<T extends { id: string }>(
  page: (after: string | null) => Promise<T[]>,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const found = await page(all.at(-1)?.id ?? null);
    if (found.length === 0) return all;
    all.push(...found);
    await between();
  }
}

export function idsOf(all: readonly { id: string }[]): string[] {
  return all.map(({ id }) => id);
}

export function sorted(ids: readonly string[]): string[] {
  return [...ids].sort();
}

export async function deleteAll(store: MonitorStore): Promise<void> {
  for (;;) {
    const monitors = await store.page({}, null, 1_000);
    if (monitors.length === 0) return;
    await store.delete(idsOf(monitors));
  }
}

/** A monitor that has something in every field. */
export const ODD: MonitorFields = {
  type: 'kafka-producer-of-20',
  name: `${'ü'.repeat(147)} "'`.slice(0, 149) + '📦',
  interval: 2_147_483,
  timeout: 1,
  maxRetries: 7,
  retryInterval: 13,
  resendInterval: 9,
  active: false,
  config: {
    'a.b': { $c: [1, null, 'größer 📦', { d: false }], e: 1.5, '': ' ' },
    headers: '{"x-key":"\\"quoted\\""}',
    ['__proto__x']: 9_007_199_254_740_991,
  },
  proxyId: null,
  pushToken: 'token-%_\\',
  cron: '*/5 8-17 * * 1-5',
  timezone: 'America/Argentina/Buenos_Aires',
  priority: 'critical',
  tags: ['größe', 'with, comma', '"quoted"', "o'clock", '%'],
  maintenanceUntil: 4_102_444_800_123,
};
