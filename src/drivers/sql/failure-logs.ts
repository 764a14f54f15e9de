import type { Logger } from 'pino';
import { FailureLog } from '../../core/failure-log.js';
import type { FailureKind, SqlFailure } from './failure.js';

/** What fails, by kind: each is said at its start, its end and once a minute. */
export class FailureLogs {
  private readonly logs = new Map<FailureKind, FailureLog>();

  constructor(
    private readonly logger: Logger,
    /** A sentence's beginning. */
    private readonly what: string,
  ) {}

  failed({ kind, message, cause, advice }: SqlFailure): void {
    const log = this.logs.get(kind) ?? new FailureLog(this.logger, this.what);
    this.logs.set(kind, log);
    const said = cause instanceof Error ? ` (${cause.message})` : '';
    log.failed(`it ${message}${said}`, advice);
  }

  succeeded(): void {
    for (const log of this.logs.values()) log.succeeded();
  }
}
