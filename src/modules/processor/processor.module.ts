import { Module, type OnModuleInit } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Lifecycle } from '../../process/lifecycle.js';
import { PartHealth } from '../../process/part-health.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { EventsController } from './events.controller.js';
import { ProcessorController } from './processor.controller.js';
import { ProcessorMetrics } from './processor.metrics.js';
import { ProcessorService } from './processor.service.js';
import { ProcessorTransport } from './processor.transport.js';
import { chosenSinks } from './sinks/choose-sinks.js';
import { FileSink } from './sinks/file.sink.js';
import { HttpSink } from './sinks/http.sink.js';
import { TopicSink } from './sinks/topic.sink.js';
import { SubscriptionService } from './subscription.service.js';

/** Topic exchange → one JSON file a message, or other sinks. */
@Module({
  controllers: [ProcessorController, EventsController, DeadLettersController],
  providers: [
    ProcessorService,
    ProcessorMetrics,
    ProcessorTransport,
    SubscriptionService,
    FileSink,
    HttpSink,
    TopicSink,
    chosenSinks,
  ],
})
export class ProcessorModule implements OnModuleInit {
  constructor(
    private readonly subscription: SubscriptionService,
    private readonly lifecycle: Lifecycle,
    private readonly health: PartHealth,
    private readonly processorMetrics: ProcessorMetrics,
    private readonly registry: Registry,
  ) {}

  onModuleInit(): void {
    this.health.watch('processor', () => this.subscription.trouble());
    this.lifecycle.onStop((deadlineMs) => this.subscription.stop(deadlineMs));
    this.processorMetrics.watchConsumer(this.registry, () => this.subscription.isConsuming);
  }
}
