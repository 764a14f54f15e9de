import { Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import type { AppError } from '../../core/errors.js';
import { failureOf, type RecordResult } from '../../gateway/answers.js';

/** Counts the records of batches and streams by outcome. */
@Injectable()
export class BatchMetrics {
  private readonly records: Counter<'code'>;
  private readonly requests: Counter<'code'>;

  constructor(metrics: Registry) {
    this.records = new Counter({
      name: 'carillon_batch_records_total',
      help: 'Records of batches and streams by outcome: OK, or an error code',
      labelNames: ['code'],
      registers: [metrics],
    });
    this.requests = new Counter({
      name: 'carillon_batch_refused_total',
      help: 'Batches refused whole, by error code',
      labelNames: ['code'],
      registers: [metrics],
    });
  }

  count(results: readonly RecordResult[]): void {
    const byCode = new Map<string, number>();
    for (const result of results) {
      const code = failureOf(result)?.code ?? 'OK';
      byCode.set(code, (byCode.get(code) ?? 0) + 1);
    }
    for (const [code, count] of byCode) this.records.inc({ code }, count);
  }

  refused({ code }: AppError): void {
    this.requests.inc({ code });
  }
}
