import { Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';
import { AppError, asAppError } from '../../core/errors.js';
import type { RequestKey } from '../../gateway/idempotency-key.js';
import { readLongRecord, readRecord, type RecordSource } from '../../gateway/read-record.js';
import { SendService } from '../../gateway/send.service.js';
import { LongValue } from '../../http/bounded-json.js';
import type { AppendOutcome } from '../../ports/record-log.port.js';

/** Where a record was written. */
export interface Produced {
  topic: string;
  partition: number;
  offset: number;
  /** The record's time, milliseconds since the Unix epoch. */
  timestamp: number;
  replayed: boolean;
}

@Injectable()
export class ProducerService {
  private readonly records: Counter<'code'>;

  constructor(
    private readonly sends: SendService,
    metrics: Registry,
  ) {
    this.records = new Counter({
      name: 'carillon_producer_records_total',
      help: 'Records of POST /produce by outcome: OK, or an error code',
      labelNames: ['code'],
      registers: [metrics],
    });
  }

  /** Checks, enriches and appends one record. @throws AppError with the record's code */
  async produce(source: RecordSource, key: RequestKey | undefined): Promise<Produced> {
    try {
      const now = Date.now();
      const enrichment = this.sends.enrichment(now);
      const read =
        source.value instanceof LongValue
          ? await readLongRecord(source.value, source.at, enrichment, now)
          : readRecord(source, enrichment, now);
      if (!read.ok) throw read.error;
      const { answer, replayed } = await this.sends.start([read.record], now, key);
      const { at, outcomes } = await answer;
      const { partition, offset } = this.written(outcomes[0]);
      if (!replayed) this.records.inc({ code: 'OK' });
      const { topic, timestamp } = read.record;
      return { topic, partition, offset, timestamp: timestamp === now ? at : timestamp, replayed };
    } catch (thrown) {
      const error = asAppError(thrown);
      this.records.inc({ code: error.code });
      throw error;
    }
  }

  private written(outcome: AppendOutcome | undefined): AppendOutcome & { ok: true } {
    if (outcome?.ok) return outcome;
    throw this.sends.failure(outcome?.error ?? new AppError('INTERNAL', 'no outcome'));
  }
}
