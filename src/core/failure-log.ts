import type { Logger } from 'pino';

const REMIND_MS = 60_000;

/**
 * Says a repeated failure at its start, at its end, and once a minute between, with a count: an outage of an hour is
 * sixty lines, not a million.
 */
export class FailureLog {
  private count = 0;
  private since = 0;
  private saidAt = 0;
  private failedAt = 0;

  constructor(
    private readonly logger: Logger,
    /** What fails, as a sentence's beginning: `Kafka does not answer`. */
    private readonly what: string,
    private readonly now: () => number = Date.now,
    private readonly level: 'error' | 'warn' = 'error',
  ) {}

  failed(error: unknown, advice?: string): void {
    const now = this.now();
    this.count += 1;
    this.failedAt = now;
    if (this.count === 1) this.since = now;
    else if (now - this.saidAt < REMIND_MS) return;
    this.saidAt = now;
    const times =
      this.count === 1 ? '' : ` (${this.count} times in ${Math.round((now - this.since) / 1000)} s)`;
    const reason = error instanceof Error ? error.message : String(error);
    this.logger[this.level](
      { failures: this.count },
      `${this.what}${times}: ${reason}.${advice ? ` ${advice}` : ''}`,
    );
  }

  /** Over only when nothing has failed for so long (milliseconds): what fails now and then is no line each time. */
  calm(ms: number): void {
    if (this.now() - this.failedAt > ms) this.succeeded();
  }

  /** Harmless when nothing had failed. */
  succeeded(): void {
    if (this.count === 0) return;
    const seconds = Math.round((this.now() - this.since) / 1000);
    this.logger.info(
      { failures: this.count },
      `${this.what}: over after ${seconds} s and ${this.count} failures.`,
    );
    this.count = 0;
  }
}
