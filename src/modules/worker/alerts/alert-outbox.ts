import type { Logger } from 'pino';
import type { Clock } from '../../../core/clock.js';
import { asAppError } from '../../../core/errors.js';
import { FailureLog } from '../../../core/failure-log.js';
import { startLoop, type Loop } from '../../../core/loop.js';
import { Turns } from '../../../core/turns.js';
import { isOverBy } from '../../../core/with-deadline.js';
import type { Alert, Monitor, MonitorStore } from '../../../ports/monitor-store.port.js';
import type { WorkerMetrics } from '../worker.metrics.js';
import type { AlertDelivery, Fate } from './alert-delivery.js';
import { AlertLines } from './alert-lines.js';

/** Alerts of others, and those to be tried again, are looked for so often, milliseconds. */
const EVERY_MS = 10_000;
const MOST_AT_ONCE = 50;
const SIDE_BY_SIDE = 10;
/** Longer than a round of attempts that all run into their timeout: else another process sends them too. */
const LEASE_MS = 120_000;
/** For what has not begun by then the lease might end on the way: it is for whoever comes next, milliseconds. */
const TO_BEGIN_MS = LEASE_MS / 2;
/** Monitors whose later alerts wait for an earlier one. */
const MOST_HELD = 10_000;

export interface OutboxParts {
  store: Pick<MonitorStore, 'takeAlerts' | 'settleAlert' | 'pendingAlerts'>;
  monitorOf: (id: string) => Promise<Monitor | null>;
  /** Null: nobody is to be told; they are logged. */
  delivery: AlertDelivery | null;
  metrics: Pick<WorkerMetrics, 'alerts' | 'alertsPending'>;
  clock: Clock;
}

/**
 * Sends what the store keeps for sending: at once when this process wrote an alert, else within seconds. Each is settled
 * when every way has taken it; until then it stays in the store. Those of one monitor go one after the other, and wait
 * for one that is to be tried again (as far as this process knows of it).
 */
export class AlertOutbox {
  private loop: Loop | undefined;
  private round: Promise<void> | null = null;
  private isWanted = false;
  private isStopping = false;
  private readonly turns = new Turns(SIDE_BY_SIDE);
  /** Monitor → when its earlier alert is tried again, milliseconds since the Unix epoch. */
  private readonly held = new Map<string, number>();
  private readonly failures: FailureLog;
  private readonly givenUp: FailureLog;
  private readonly lines: AlertLines;

  constructor(
    private readonly parts: OutboxParts,
    logger: Logger,
  ) {
    const now = () => parts.clock.now();
    this.failures = new FailureLog(logger, 'The store gives no alerts to send', now);
    this.givenUp = new FailureLog(logger, 'An alert was given up: nobody was told', now);
    this.lines = new AlertLines(logger, now);
  }

  start(): void {
    const { clock } = this.parts;
    const everyMs = EVERY_MS * (0.8 + Math.random() * 0.4);
    const onError = (error: unknown) => this.failures.failed(error);
    this.loop = startLoop({ name: 'alerts', everyMs, clock, onError, run: () => this.look() });
    this.wake();
  }

  /** Looks now. Rounds never overlap. */
  wake(): void {
    this.isWanted = true;
    if (!this.isStopping) this.round ??= this.rounds();
  }

  /** Begins nothing new; waits for attempts under way. Answers false when they were not over by the deadline. */
  async stop(deadlineMs: number): Promise<boolean> {
    const end = performance.now() + deadlineMs;
    this.isStopping = true;
    return isOverBy(Promise.all([this.loop?.stop(), this.round]), end);
  }

  private async look(): Promise<void> {
    this.wake();
    this.parts.metrics.alertsPending.set(await this.parts.store.pendingAlerts());
  }

  private async rounds(): Promise<void> {
    await Promise.resolve(); // `round` is set before it can be over
    try {
      while (this.isWanted && !this.isStopping) {
        this.isWanted = false;
        await this.oneRound();
        this.failures.succeeded();
      }
    } catch (error) {
      // What was taken is free again when its lease ends.
      this.failures.failed(asAppError(error).message.replace(/\.$/, ''));
    }
    // Here and no later: else a wish that comes in between would be heard only at the next look.
    this.round = null;
  }

  /** @throws when all are over: the first error of the store */
  private async oneRound(): Promise<void> {
    const { store, clock } = this.parts;
    const until = clock.monotonic() + TO_BEGIN_MS;
    const alerts = await store.takeAlerts(MOST_AT_ONCE, LEASE_MS);
    if (alerts.length === MOST_AT_ONCE) this.isWanted = true;
    const groups = byMonitor(alerts).map((group) => this.turns.run(() => this.sendAll(group, until)));
    const failed = (await Promise.allSettled(groups)).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
  }

  private async sendAll(alerts: readonly Alert[], until: number): Promise<void> {
    const { store, clock } = this.parts;
    for (const alert of alerts) {
      const isLate = clock.monotonic() >= until;
      if (isLate) this.isWanted = true;
      const nextAt = isLate || this.isStopping ? clock.now() : await this.nextAt(alert);
      await store.settleAlert(alert.id, nextAt);
    }
  }

  /** When it is to be tried again; null: it is over. */
  private async nextAt(alert: Alert): Promise<number | null> {
    const { monitorId } = alert;
    const now = this.parts.clock.now();
    const heldUntil = this.held.get(monitorId) ?? 0;
    if (heldUntil > now) return heldUntil + 1;
    const fate = await this.fateOf(alert);
    this.parts.metrics.alerts.inc({ kind: alert.kind, outcome: OUTCOMES[fate.end] });
    this.held.delete(monitorId);
    if (fate.end !== 'again') return null;
    if (this.held.size < MOST_HELD) this.held.set(monitorId, fate.at);
    return fate.at;
  }

  private async fateOf(alert: Alert): Promise<Fate | { end: 'logged' }> {
    const monitor = await this.parts.monitorOf(alert.monitorId);
    // Alerts go with their monitor: this one was about to.
    if (!monitor) return { end: 'logged' };
    const { delivery } = this.parts;
    if (!delivery) {
      this.lines.say(alert, monitor);
      return { end: 'logged' };
    }
    const fate = await delivery.send(alert, monitor);
    if (fate.end === 'given_up') {
      const about = `${alert.kind} of monitor ${alert.monitorId}, alert ${alert.id}`;
      this.givenUp.failed(`${about}: ${fate.reason}`);
    }
    return fate;
  }
}

const OUTCOMES = { sent: 'sent', again: 'retried', given_up: 'given_up', logged: 'logged' } as const;

/** In their order. */
function byMonitor(alerts: readonly Alert[]): Alert[][] {
  const groups = new Map<string, Alert[]>();
  for (const alert of alerts) {
    const group = groups.get(alert.monitorId);
    if (group) group.push(alert);
    else groups.set(alert.monitorId, [alert]);
  }
  return [...groups.values()];
}
