import { Module, type DynamicModule, type Type } from '@nestjs/common';
import type { Server } from '@nestjs/microservices';
import type { AppConfig, PartSpec } from './config/app-config.js';
import type { DriverContext } from './drivers/define-driver.js';
import { DriversModule } from './drivers/drivers.module.js';
import { HttpModule } from './http/http.module.js';
import { portsOf } from './modules/emitter/targets/ports-of.js';
import { IdempotencyStore } from './ports/idempotency-store.port.js';
import { LeaderLease } from './ports/leader-lease.port.js';
import { MessageExchange } from './ports/message-exchange.port.js';
import { MonitorEvents } from './ports/monitor-events.port.js';
import { MonitorStore } from './ports/monitor-store.port.js';
import { RecordLog } from './ports/record-log.port.js';
import { TaskQueue } from './ports/task-queue.port.js';
import { ProcessModule } from './process/process.module.js';

export interface Part extends PartSpec {
  /** Imports it: a process loads only what it runs. */
  load(): Promise<Type>;
  /** What brings messages to the part's `@EventPattern` handlers; a provider of its module. */
  loadTransport?(): Promise<Type<Server>>;
}

/** What can run in a process, and the ports that each part needs. Read this first. */
export const PARTS: Readonly<Record<string, Part>> = {
  producer: {
    load: async () => (await import('./modules/producer/producer.module.js')).ProducerModule,
    needs: () => [RecordLog, IdempotencyStore],
  },
  batch: {
    load: async () => (await import('./modules/batch/batch.module.js')).BatchModule,
    needs: () => [RecordLog, IdempotencyStore],
  },
  processor: {
    load: async () => (await import('./modules/processor/processor.module.js')).ProcessorModule,
    loadTransport: async () =>
      (await import('./modules/processor/processor.transport.js')).ProcessorTransport,
    needs: ({ processor }) => [MessageExchange, ...(processor.sinks.includes('topic') ? [RecordLog] : [])],
  },
  emitter: {
    load: async () => (await import('./modules/emitter/emitter.module.js')).EmitterModule,
    needs: ({ emitter }) => [...portsOf(emitter.emitters), ...(emitter.leaderOnly ? [LeaderLease] : [])],
  },
  leader: {
    load: async () => (await import('./modules/leader/leader.module.js')).LeaderModule,
    needs: () => [LeaderLease],
  },
  scheduler: {
    load: async () => (await import('./modules/scheduler/scheduler.module.js')).SchedulerModule,
    needs: () => [TaskQueue, MonitorEvents, MonitorStore],
    requires: ['leader'],
    counterparts: [
      { port: TaskQueue, part: 'worker' },
      { port: MonitorStore, part: 'worker' },
    ],
  },
  worker: {
    load: async () => (await import('./modules/worker/worker.module.js')).WorkerModule,
    loadTransport: async () => (await import('./modules/worker/worker.transport.js')).WorkerTransport,
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
  health: {
    load: async () => (await import('./modules/health/health.module.js')).HealthModule,
    needs: () => [],
  },
};

/** One after the other: Jest's loader trips when modules that share imports are linked side by side. */
export async function loadParts(names: readonly string[]): Promise<Type[]> {
  const modules: Type[] = [];
  for (const name of names) modules.push(await (PARTS[name] as Part).load());
  return modules;
}

@Module({})
export class AppModule {
  /** The parts that the configuration names, on the ports that they need. */
  static async forRoot(config: AppConfig, context: DriverContext): Promise<DynamicModule> {
    // Side by side: a thread that opens its file leaves the time to load the parts.
    const [drivers, running] = await Promise.all([
      DriversModule.forRoot(config, context),
      loadParts(config.parts),
    ]);
    return {
      module: AppModule,
      imports: [
        ProcessModule.forRoot(config, context.logger, context.metrics),
        drivers,
        HttpModule,
        ...running,
      ],
    };
  }
}
