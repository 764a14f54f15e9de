import { backoffMs } from '../../../core/backoff.js';
import type { Clock } from '../../../core/clock.js';
import type { FailureLog } from '../../../core/failure-log.js';
import type { Alert, Monitor } from '../../../ports/monitor-store.port.js';
import { sendableOf } from './alert-message.js';
import type { AlertWay } from './alert-way.js';

/** Before the next attempt, milliseconds; at least so long, and not all at once. */
const RETRY = { baseMs: 4_000, capMs: 300_000 };
const LEAST_MS = 1_000;
/** Alerts of which it is remembered which way took them already. */
const MOST_REMEMBERED = 10_000;

/** What becomes of an alert. `again`: milliseconds since the Unix epoch. */
export type Fate = { end: 'sent' } | { end: 'again'; at: number } | { end: 'given_up'; reason: string };

export interface DeliveryParts {
  ways: readonly { way: AlertWay; failures: Pick<FailureLog, 'failed' | 'succeeded'> }[];
  giveUpMs: number;
  clock: Clock;
  random?: () => number;
}

/** Sends an alert by every way that has not taken it yet, one attempt each. */
export class AlertDelivery {
  private readonly taken = new Map<string, Set<AlertWay>>();

  constructor(private readonly parts: DeliveryParts) {}

  async send(alert: Alert, monitor: Monitor): Promise<Fate> {
    const { ways } = this.parts;
    const taken = this.takenBy(alert.id);
    const sendable = sendableOf(alert, monitor);
    const left = ways.filter(({ way }) => !taken.has(way));
    const reasons: string[] = [];
    let afterMs = 0;
    await Promise.all(
      left.map(async ({ way, failures }) => {
        const result = await way.send(sendable);
        if (result.end === 'sent') failures.succeeded();
        if (result.end !== 'retry') taken.add(way);
        if (result.end === 'sent') return;
        failures.failed(result.reason);
        reasons.push(`${way.name}: ${result.reason}`);
        if (result.end === 'retry') afterMs = Math.max(afterMs, result.afterMs ?? 0);
      }),
    );
    if (reasons.length === 0) return { end: 'sent' };
    if (taken.size === ways.length) return { end: 'given_up', reason: reasons.join('; ') };
    return this.later(alert, afterMs, reasons.join('; '));
  }

  private later({ at, attempts }: Alert, afterMs: number, reason: string): Fate {
    const { clock, giveUpMs, random } = this.parts;
    const now = clock.now();
    if (now - at >= giveUpMs) return { end: 'given_up', reason };
    const delayMs = LEAST_MS + backoffMs(Math.max(1, attempts), { ...RETRY, random });
    return { end: 'again', at: now + Math.max(delayMs, afterMs) };
  }

  private takenBy(id: string): Set<AlertWay> {
    let taken = this.taken.get(id);
    if (!taken) this.taken.set(id, (taken = new Set()));
    if (this.taken.size > MOST_REMEMBERED) this.taken.delete(this.taken.keys().next().value!);
    return taken;
  }
}
