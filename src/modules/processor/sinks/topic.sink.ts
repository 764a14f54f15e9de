import { Inject, Injectable } from '@nestjs/common';
import type { AppConfig } from '../../../config/app-config.js';
import { AppError } from '../../../core/errors.js';
import { OpenPorts } from '../../../ports/open-ports.js';
import { RecordLog, type NewRecord } from '../../../ports/record-log.port.js';
import { CONFIG } from '../../../process/tokens.js';
import type { Sink, SinkMessage } from './sink.js';

/** Appends each payload to a topic, keyed by its routing key, so that one kind of event keeps its order. */
@Injectable()
export class TopicSink implements Sink {
  readonly name = 'topic';

  constructor(
    private readonly ports: OpenPorts,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'processor'>,
  ) {}

  async deliver(message: SinkMessage): Promise<void> {
    const log = this.ports.get(RecordLog);
    if (!log) throw new AppError('INTERNAL', 'The topic sink has no record log.');
    const [outcome] = await log.append([this.recordOf(message)]);
    if (outcome?.ok) return;
    const error = outcome?.error ?? new AppError('INTERNAL', 'no outcome');
    // Twice in the topic is better than not at all.
    if (error.code !== 'OUTCOME_UNKNOWN') throw error;
    throw new AppError(error.code, error.message, { retryable: true, cause: error });
  }

  private recordOf({ text, routingKey, exchange, trace }: SinkMessage): NewRecord {
    return {
      topic: this.config.processor.topic,
      partition: null,
      key: routingKey,
      value: text,
      headers: { 'x-exchange': exchange, 'x-routing-key': routingKey, 'x-message-id': trace },
      timestamp: Date.now(),
    };
  }
}
