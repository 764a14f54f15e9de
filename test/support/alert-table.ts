import { pino } from 'pino';
import { Registry } from 'prom-client';
import { AlertDelivery } from '../../src/modules/worker/alerts/alert-delivery.js';
import { AlertOutbox } from '../../src/modules/worker/alerts/alert-outbox.js';
import { WorkerMetrics } from '../../src/modules/worker/worker.metrics.js';
import { AppError } from '../../src/core/errors.js';
import type { Alert, Monitor } from '../../src/ports/monitor-store.port.js';
import type { Sendable } from '../../src/modules/worker/alerts/alert-message.js';
import type { AlertWay, WayEnd } from '../../src/modules/worker/alerts/alert-way.js';
import type { ManualClock } from './manual-clock.js';

/** Keeps alerts as a store does: leased, due at a time, or over. */
export class AlertTable {
  readonly rows: { alert: Alert; dueAt: number | null }[] = [];
  away = false;

  constructor(private readonly clock: ManualClock) {}

  add(id: string, monitorId = 'm', given: Partial<Alert> = {}): void {
    const alert = { id, monitorId, kind: 'status', from: 'up', to: 'down', at: this.clock.now() };
    const full = { ...alert, latencyMs: null, message: 'refused', attempts: 0, ...given } as Alert;
    this.rows.push({ alert: full, dueAt: this.clock.now() });
  }

  readonly takeAlerts = async (limit: number, leaseMs: number): Promise<Alert[]> => {
    if (this.away) throw new AppError('MONITOR_STORE_UNAVAILABLE', 'Away.');
    const now = this.clock.now();
    const due = this.rows.filter(({ dueAt }) => dueAt !== null && dueAt <= now).slice(0, limit);
    return Promise.resolve(
      due.map((row) => {
        row.dueAt = now + leaseMs;
        row.alert = { ...row.alert, attempts: row.alert.attempts + 1 };
        return row.alert;
      }),
    );
  };

  readonly settleAlert = (id: string, nextAt: number | null): Promise<void> => {
    this.rows.find(({ alert }) => alert.id === id)!.dueAt = nextAt;
    return Promise.resolve();
  };

  readonly pendingAlerts = () => Promise.resolve(this.left.length);

  /** Ids of those that are not over. */
  get left(): string[] {
    return this.rows.filter(({ dueAt }) => dueAt !== null).map(({ alert }) => alert.id);
  }
}

/** Takes alerts, or answers as the test says. */
export class TestWay implements AlertWay {
  readonly sent: string[] = [];
  answer: (alert: Sendable) => WayEnd = () => ({ end: 'sent' });

  constructor(readonly name: string) {}

  send(alert: Sendable): Promise<WayEnd> {
    this.sent.push(alert.id);
    return Promise.resolve(this.answer(alert));
  }
}

interface OutboxParts {
  table: AlertTable;
  ways: readonly TestWay[];
  /** Gets what is logged. */
  lines: string[];
  clock: ManualClock;
}

/** Of monitors named Shop; the one of the id `gone` is. */
export function openOutbox({ table, ways, lines, clock }: OutboxParts): AlertOutbox {
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const failures = { failed: () => undefined, succeeded: () => undefined };
  const withLogs = ways.map((way) => ({ way, failures }));
  const giveUpMs = 24 * 3_600_000;
  const delivery =
    ways.length === 0 ? null : new AlertDelivery({ ways: withLogs, giveUpMs, clock, random: () => 1 });
  const shop = (id: string) => ({ id, name: 'Shop', type: 'http', tags: ['web'] }) as unknown as Monitor;
  const monitorOf = (id: string) => Promise.resolve(id === 'gone' ? null : shop(id));
  const metrics = new WorkerMetrics(new Registry());
  return new AlertOutbox({ store: table, monitorOf, delivery, metrics, clock }, logger);
}

/** When nothing is left to do in this moment. */
export async function quiet(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}
