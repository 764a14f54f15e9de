import type { Logger } from 'pino';
import { FailureLog } from '../../core/failure-log.js';
import type { RedisMetrics } from './metrics.js';
import type { FailureKind, RedisFailure } from './meanings.js';

/** Counted only: whoever gets it sends the script again. */
const SILENT: FailureKind = 'script';

/** What fails, by kind: each is counted, and said at its start, its end and once a minute. */
export class Failures {
  private readonly logs = new Map<FailureKind, FailureLog>();

  constructor(
    private readonly logger: Logger,
    /** A sentence's beginning. */
    private readonly what: string,
    private readonly metrics: RedisMetrics,
  ) {}

  told({ kind, words, advice }: RedisFailure): void {
    this.metrics.failed(kind);
    if (kind === SILENT) return;
    this.logOf(kind).failed(`it ${words}`, advice);
  }

  /** What did not fail for so long (milliseconds) is over. */
  calm(ms: number): void {
    for (const log of this.logs.values()) log.calm(ms);
  }

  /** All is over. */
  succeeded(): void {
    for (const log of this.logs.values()) log.succeeded();
  }

  private logOf(kind: FailureKind): FailureLog {
    const log = this.logs.get(kind) ?? new FailureLog(this.logger, this.what);
    this.logs.set(kind, log);
    return log;
  }
}
