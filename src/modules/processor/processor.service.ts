import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { AppConfig } from '../../config/app-config.js';
import { asAppError, type AppError } from '../../core/errors.js';
import { LONG_TEXT } from '../../core/long-json.js';
import type { Delivery } from '../../ports/message-exchange.port.js';
import { CONFIG } from '../../process/tokens.js';
import { DeliveryFailure, earlierRefusal, isMarked, sinkMark } from './delivery-failure.js';
import { longPayloadText, payloadText } from './payload.js';
import { ProcessorMetrics } from './processor.metrics.js';
import { SINKS, type Sink, type SinkMessage } from './sinks/sink.js';
import { mayHeal } from './verdict.js';

interface SinkResult {
  name: string;
  error?: AppError;
}

/** Hands each message to all sinks that do not have it yet. */
@Injectable()
export class ProcessorService {
  constructor(
    @Inject(SINKS) private readonly sinks: readonly Sink[],
    private readonly metrics: ProcessorMetrics,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'processor'>,
  ) {}

  /**
   * Resolves when every sink has the message.
   * @throws AppError for a payload that nobody can use, DeliveryFailure when a sink did not take it
   */
  async process(delivery: Delivery): Promise<void> {
    const { progress, messageId, redelivered, exchange, routingKey } = delivery;
    const { body } = delivery;
    const { maxBytes } = this.config.processor;
    const text =
      body.length > LONG_TEXT ? await longPayloadText(body, maxBytes) : payloadText(body, maxBytes);
    const trace = progress.trace ?? messageId ?? randomUUID();
    const message = { exchange, routingKey, text, messageId, trace, redelivered };
    const open = this.sinks.filter(({ name }) => !isMarked(progress.done, name));
    const results = await Promise.all(open.map((sink) => this.deliver(sink, message)));
    const done = [...progress.done, ...results.flatMap(markOf)];
    const errors = results.flatMap(({ error }) => error ?? []);
    // As long as one sink may still take it, the message is tried again; only then is it given up for the others.
    const healing = errors.find(mayHeal);
    if (healing) throw new DeliveryFailure(healing, done, trace);
    const refusal = errors[0] ?? earlierRefusal(done);
    if (refusal) throw new DeliveryFailure(refusal, done, trace);
  }

  private async deliver(sink: Sink, message: SinkMessage): Promise<SinkResult> {
    const { name } = sink;
    try {
      await sink.deliver(message);
      this.metrics.sunk.inc({ sink: name, code: 'OK' });
      return { name };
    } catch (thrown) {
      const error = asAppError(thrown);
      this.metrics.sunk.inc({ sink: name, code: error.code });
      return { name, error };
    }
  }
}

function markOf({ name, error }: SinkResult): string[] {
  if (!error) return [sinkMark(name)];
  return mayHeal(error) ? [] : [sinkMark(name, error.code)];
}
