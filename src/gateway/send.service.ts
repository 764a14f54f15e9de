import { Inject, Injectable } from '@nestjs/common';
import type { AppConfig } from '../config/app-config.js';
import { AppError, asAppError } from '../core/errors.js';
import { RecordLog, type NewRecord } from '../ports/record-log.port.js';
import { CONFIG } from '../process/tokens.js';
import { Enrichment } from './enrichment.js';
import type { RequestKey } from './idempotency-key.js';
import { KeyedSends, type StartedSend } from './keyed-sends.js';

/** What `producer` and `batch` do alike: enrich records, and append them under an idempotency key or without one. */
@Injectable()
export class SendService {
  private latest: Enrichment | null = null;

  constructor(
    private readonly log: RecordLog,
    private readonly keyed: KeyedSends,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'gateway'>,
  ) {}

  /** The enrichment of what came at `at`, milliseconds since the Unix epoch: one for all of a millisecond. */
  enrichment(at: number): Enrichment {
    if (this.latest?.at === at) return this.latest;
    const { enrich, source } = this.config.gateway;
    this.latest = new Enrichment(enrich, source, at);
    return this.latest;
  }

  /**
   * Resolves when the records are in the log's buffer, its `answer` when each has its outcome.
   * @throws AppError as `RecordLog.append` and `KeyedSends.start`: nothing was taken
   */
  async start(records: readonly NewRecord[], at: number, key: RequestKey | undefined): Promise<StartedSend> {
    try {
      if (key && records.length > 0) return await this.keyed.start(key, records, at);
      const outcomes = this.log.append(records);
      return { replayed: false, answer: outcomes.then((known) => ({ at, outcomes: known })) };
    } catch (thrown) {
      throw this.failure(asAppError(thrown));
    }
  }

  /** An error of sending, with the `detail` that the FastAPI server's clients know. */
  failure(error: AppError): AppError {
    const { code, message, retryable, retryAfterS, cause } = error;
    if (error.detail !== undefined || code.startsWith('IDEMPOTENCY_')) return error;
    const isStarting = code === 'RECORD_LOG_UNAVAILABLE' && !this.log.wasReady;
    const detail = isStarting ? 'Producer not initialized' : `Failed to produce message: ${message}`;
    return new AppError(code, message, { detail, retryable, retryAfterS, cause });
  }
}
