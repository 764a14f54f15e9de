import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { AppConfig } from '../../config/app-config.js';
import { asAppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import { failureOf, inRequestOrder, resultTexts, type RecordResult } from '../../gateway/answers.js';
import { batchStatus } from '../../gateway/batch-status.js';
import type { RequestKey } from '../../gateway/idempotency-key.js';
import { SendService } from '../../gateway/send.service.js';
import { errorBody } from '../../http/error-body.js';
import { CONFIG, LOGGER } from '../../process/tokens.js';
import { BatchMetrics } from './batch.metrics.js';
import { readBatch, type BatchBody, type ReadBatch } from './read-batch.js';

/** An answer, ready to be written. */
export interface BatchAnswer {
  status: number;
  text: string;
  replayed: boolean;
  retryAfterS?: number;
}

@Injectable()
export class BatchService {
  private readonly failures: FailureLog;

  constructor(
    private readonly sends: SendService,
    private readonly metrics: BatchMetrics,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'gateway'>,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.failures = new FailureLog(logger, 'Queued records were not written');
  }

  /** Appends a batch and tells what became of each record. @throws AppError of the whole batch: nothing was written */
  async produce(body: BatchBody, key: RequestKey | undefined, requestId: string): Promise<BatchAnswer> {
    const now = Date.now();
    const { read, records } = await this.read(body, now);
    const { answer, replayed } = await this.sends.start(records, now, key);
    const results = inRequestOrder(read, (await answer).outcomes);
    if (!replayed) this.metrics.count(results);
    return { ...(await this.answerOf(results, requestId)), replayed };
  }

  /**
   * Answers as soon as the batch is in the log's bounded buffer; what fails after that is counted and logged.
   * @throws AppError BUFFER_FULL: nothing was taken
   */
  async queue(body: BatchBody, key: RequestKey | undefined, requestId: string): Promise<BatchAnswer> {
    const now = Date.now();
    const { read, records } = await this.read(body, now);
    const accepted = read.map((item): RecordResult =>
      item.ok ? { topic: item.record.topic, queued: true } : { ...item },
    );
    if (records.length === 0) {
      this.metrics.count(accepted);
      return { ...(await this.answerOf(accepted, requestId)), replayed: false };
    }
    const { answer, replayed } = await this.sends.start(records, now, key);
    if (!replayed) void answer.then(({ outcomes }) => this.queueEnded(inRequestOrder(read, outcomes)));
    return { ...(await queuedAnswer(accepted, records.length)), replayed };
  }

  private async read(body: BatchBody, now: number): Promise<ReadBatch> {
    const { batchMaxRecords: most } = this.config.gateway;
    const enrichment = this.sends.enrichment(now);
    try {
      return await readBatch(body, most, enrichment, now);
    } catch (error) {
      this.metrics.refused(asAppError(error));
      throw error;
    }
  }

  /** Where nothing was written the answer is an error's as well: both kinds of client find what they look for. */
  private async answerOf(results: readonly RecordResult[], requestId: string) {
    const { status, written, error } = batchStatus(results);
    const success = status === 200;
    const members = `"success":${success},"messages_sent":${written},"results":[${await resultTexts(results)}]`;
    if (!error) return { status, text: `{${members}}` };
    const retryAfterS = error.retryAfterS ?? (error.status === 503 ? 1 : undefined);
    return {
      status,
      text: `{${members},${JSON.stringify(errorBody(this.sends.failure(error), requestId)).slice(1)}`,
      retryAfterS,
    };
  }

  /** Nobody waits for these: the log and the counters tell. */
  private queueEnded(results: readonly RecordResult[]): void {
    this.metrics.count(results);
    const failures = results.flatMap((result) => ('outcome' in result && failureOf(result)) || []);
    const [first] = failures;
    if (first)
      this.failures.failed(
        first,
        `${failures.length} of ${results.length} records of a batch with ?wait=false.`,
      );
    else this.failures.succeeded();
  }
}

async function queuedAnswer(accepted: readonly RecordResult[], queued: number) {
  const success = queued === accepted.length;
  const results = await resultTexts(accepted);
  return {
    status: 202,
    text: `{"success":${success},"messages_sent":0,"messages_queued":${queued},"results":[${results}]}`,
  };
}
