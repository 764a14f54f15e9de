import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { AppConfig } from '../../config/app-config.js';
import { systemClock } from '../../core/clock.js';
import { AppError, asAppError } from '../../core/errors.js';
import {
  MessageExchange,
  type Consumer,
  type Delivery,
  type Handler,
  type Verdict,
} from '../../ports/message-exchange.port.js';
import { CONFIG, LOGGER } from '../../process/tokens.js';
import { FailureLines } from './failure-lines.js';
import { ProcessorMetrics } from './processor.metrics.js';
import { SINKS, type Sink } from './sinks/sink.js';

/** So long the start waits for a queue that is quick to be there, so that the first message finds it. */
const FIRST_BOUND_MS = 1_000;
const LOOK_EVERY_MS = 5;
/** Of the time to stop: a sink has to end too. */
const FOR_SINKS_MS = 1_500;

/** The processor's subscription: runs while the sinks can take messages, pauses while one cannot. */
@Injectable()
export class SubscriptionService {
  private running: Consumer | undefined;
  private readonly failures: FailureLines;

  constructor(
    private readonly exchange: MessageExchange,
    @Inject(SINKS) private readonly sinks: readonly Sink[],
    private readonly metrics: ProcessorMetrics,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'processor'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.failures = new FailureLines(logger);
  }

  /** @throws AppError EXCHANGE_UNAVAILABLE before `start` */
  get consumer(): Consumer {
    if (this.running) return this.running;
    throw new AppError('EXCHANGE_UNAVAILABLE', 'The processor has not begun to consume.');
  }

  /** Opens the sinks, then consumes. Resolves when the queue delivers, or soon when that takes longer. */
  async start(handle: Handler): Promise<void> {
    for (const sink of this.sinks) await sink.start?.();
    const { exchange, queue, bindings, prefetch, retryDelaysMs } = this.config.processor;
    this.running = this.exchange.consume({ exchange, queue, bindings, prefetch, retryDelaysMs }, (delivery) =>
      this.counted(delivery, handle),
    );
    for (const sink of this.sinks) sink.onTrouble?.(() => this.follow());
    this.follow();
    this.sayWhatIsConsumed();
    const end = performance.now() + FIRST_BOUND_MS;
    while (this.running.state === 'connecting' && performance.now() < end)
      await systemClock.sleep(LOOK_EVERY_MS);
  }

  /** Takes no more, finishes what is in hand; answers what was left undone. @throws Error when a sink cannot be ended */
  async stop(deadlineMs: number): Promise<string | null> {
    const end = performance.now() + deadlineMs;
    const left = (await this.running?.stop(deadlineMs - Math.min(FOR_SINKS_MS, deadlineMs / 2))) ?? 0;
    const remaining = Math.max(0, end - performance.now());
    const sinks = await Promise.allSettled(this.sinks.map(async (sink) => sink.stop?.(remaining)));
    const stuck = sinks.flatMap((sink) =>
      sink.status === 'rejected' ? [asAppError(sink.reason).message] : [],
    );
    const told =
      left === 0 ? [] : [`${left} messages in hand were not finished; they will be delivered again`];
    if (stuck.length > 0) throw new Error([...told, ...stuck].join('; '));
    return told[0] ?? null;
  }

  /** Why nothing is being processed; null when all is well. */
  trouble(): AppError | null {
    const sink = this.sinks.find(({ trouble }) => trouble)?.trouble;
    if (sink) return sink;
    if (!this.running) return new AppError('EXCHANGE_UNAVAILABLE', 'The processor has not begun to consume.');
    if (this.running.state !== 'connecting') return null;
    return (
      this.running.trouble ??
      new AppError('EXCHANGE_UNAVAILABLE', 'The queue is not bound yet; connecting to the exchange.')
    );
  }

  get isConsuming(): boolean {
    return this.running?.state === 'consuming';
  }

  /** A sink that can take nothing leaves the messages in the queue, for others or for later. */
  private follow(): void {
    const trouble = this.sinks.find((sink) => sink.trouble)?.trouble;
    if (trouble && this.running?.state !== 'paused') {
      this.running?.pause();
      this.logger.error({ code: trouble.code }, `Consuming pauses: ${trouble.message}`);
    } else if (!trouble && this.running?.state === 'paused') {
      this.running.resume();
      this.logger.info('Consuming goes on.');
    }
  }

  private async counted(delivery: Delivery, handle: Handler): Promise<Verdict> {
    const { metrics } = this;
    metrics.consumed.inc();
    metrics.consumedBytes.inc(delivery.body.length);
    if (delivery.redelivered) metrics.redelivered.inc();
    metrics.inFlight.inc();
    try {
      const verdict = await handle(delivery);
      if (verdict.kind !== 'done') this.say(delivery, verdict);
      return verdict;
    } finally {
      metrics.inFlight.dec();
    }
  }

  private say({ routingKey, messageId }: Delivery, verdict: Exclude<Verdict, { kind: 'done' }>): void {
    const { code, message } = verdict.reason;
    const about = { routingKey, messageId, failures: verdict.progress.failures };
    if (verdict.kind === 'retry') {
      this.metrics.retried.inc({ code });
      const text = `A message is tried again in ${verdict.delayMs} ms: ${message}`;
      return this.failures.failed('warn', code, text, about);
    }
    this.metrics.deadLettered.inc({ code });
    const text = `A message went to the dead letters: ${message} See GET /processor/dead-letters.`;
    this.failures.failed('error', `dead ${code}`, text, about);
  }

  private sayWhatIsConsumed(): void {
    const { exchange, queue, bindings } = this.config.processor;
    const from = `${exchange} (${bindings.join(', ')})`;
    if (queue !== null || this.exchange.driver === 'embedded')
      return this.logger.info(`Consuming from ${from}${queue === null ? '' : ` by the queue ${queue}`}.`);
    this.logger.warn(
      `Consuming from ${from} by a temporary queue: what lies in it when this process or its connection ends is lost, and so is what is published meanwhile; each replica gets every message. Set RABBITMQ_QUEUE to share a durable queue that loses nothing.`,
    );
  }
}
