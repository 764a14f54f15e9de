import type { Logger } from 'pino';
import type { Alert, Monitor } from '../../../ports/monitor-store.port.js';
import { alertType } from './alert-message.js';

const MOST_A_MINUTE = 100;
const MINUTE_MS = 60_000;

/** Says alerts in the log where nobody else is told; so many a minute, the others as a number. */
export class AlertLines {
  private minute = 0;
  private said = 0;
  private unsaid = 0;

  constructor(
    private readonly logger: Logger,
    private readonly now: () => number,
  ) {}

  say(alert: Alert, { id, name }: Monitor): void {
    const minute = Math.floor(this.now() / MINUTE_MS);
    if (minute !== this.minute) this.turn(minute);
    if (this.said >= MOST_A_MINUTE) {
      this.unsaid += 1;
      return;
    }
    this.said += 1;
    const isBad = alert.to === 'down' || alert.kind === 'silent';
    const { from, to, message } = alert;
    const text = `Monitor ${name}: ${alertType(alert).replace('monitor.', '')}. ${message}`;
    this.logger[isBad ? 'warn' : 'info']({ monitor_id: id, kind: alert.kind, from, to }, text);
  }

  private turn(minute: number): void {
    if (this.unsaid > 0)
      this.logger.warn(
        { alerts: this.unsaid },
        `${this.unsaid} more monitors changed; no line was written for each.`,
      );
    this.minute = minute;
    this.said = 0;
    this.unsaid = 0;
  }
}
