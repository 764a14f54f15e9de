import { Module, type DynamicModule, type Type } from '@nestjs/common';
import type { Server } from '@nestjs/microservices';
import type { AppConfig, PartSpec } from './config/app-config.js';
import type { DriverContext } from './drivers/define-driver.js';
import { DriversModule } from './drivers/drivers.module.js';
import { HttpModule } from './http/http.module.js';
import { BatchModule } from './modules/batch/batch.module.js';
import { EmitterModule } from './modules/emitter/emitter.module.js';
import { portsOf } from './modules/emitter/targets/open-targets.js';
import { HealthModule } from './modules/health/health.module.js';
import { LeaderModule } from './modules/leader/leader.module.js';
import { ProcessorModule } from './modules/processor/processor.module.js';
import { ProcessorTransport } from './modules/processor/processor.transport.js';
import { ProducerModule } from './modules/producer/producer.module.js';
import { SchedulerModule } from './modules/scheduler/scheduler.module.js';
import { WorkerModule } from './modules/worker/worker.module.js';
import { WorkerTransport } from './modules/worker/worker.transport.js';
import { IdempotencyStore } from './ports/idempotency-store.port.js';
import { LeaderLease } from './ports/leader-lease.port.js';
import { MessageExchange } from './ports/message-exchange.port.js';
import { MonitorEvents } from './ports/monitor-events.port.js';
import { MonitorStore } from './ports/monitor-store.port.js';
import { RecordLog } from './ports/record-log.port.js';
import { TaskQueue } from './ports/task-queue.port.js';
import { ProcessModule } from './process/process.module.js';

export interface Part extends PartSpec {
  module: Type;
  /** What brings messages to the part's `@EventPattern` handlers; a provider of its module. */
  transport?: Type<Server>;
}

/** What can run in a process, and the ports that each part needs. Read this first. */
export const PARTS: Readonly<Record<string, Part>> = {
  producer: { module: ProducerModule, needs: () => [RecordLog, IdempotencyStore] },
  batch: { module: BatchModule, needs: () => [RecordLog, IdempotencyStore] },
  processor: {
    module: ProcessorModule,
    transport: ProcessorTransport,
    needs: ({ processor }) => [MessageExchange, ...(processor.sinks.includes('topic') ? [RecordLog] : [])],
  },
  emitter: {
    module: EmitterModule,
    needs: ({ emitter }) => [...portsOf(emitter.emitters), ...(emitter.leaderOnly ? [LeaderLease] : [])],
  },
  leader: { module: LeaderModule, needs: () => [LeaderLease] },
  scheduler: {
    module: SchedulerModule,
    needs: () => [TaskQueue, MonitorEvents, MonitorStore],
    requires: ['leader'],
    counterparts: [
      { port: TaskQueue, part: 'worker' },
      { port: MonitorStore, part: 'worker' },
    ],
  },
  worker: {
    module: WorkerModule,
    transport: WorkerTransport,
    needs: ({ worker }) => [
      TaskQueue,
      MonitorEvents,
      MonitorStore,
      ...(worker.alerts.topic ? [RecordLog] : []),
    ],
    counterparts: [
      { port: TaskQueue, part: 'scheduler' },
      { port: MonitorStore, part: 'scheduler' },
    ],
  },
  health: { module: HealthModule, needs: () => [] },
};

@Module({})
export class AppModule {
  /** The parts that the configuration names, on the ports that they need. */
  static async forRoot(config: AppConfig, context: DriverContext): Promise<DynamicModule> {
    const running = config.parts.map((name) => (PARTS[name] as Part).module);
    return {
      module: AppModule,
      imports: [
        ProcessModule.forRoot(config, context.logger, context.metrics),
        await DriversModule.forRoot(config, context),
        HttpModule,
        ...running,
      ],
    };
  }
}
