import { Inject, Module, type OnModuleInit, type Provider } from '@nestjs/common';
import type { Logger } from 'pino';
import type { AppConfig } from '../../config/app-config.js';
import { discoverChecks } from '../../checks/discover-checks.js';
import { systemClock } from '../../core/clock.js';
import { HttpSender } from '../../core/http-sender.js';
import { pausedQueues } from '../../monitors/paused-queues.js';
import { MonitorEvents } from '../../ports/monitor-events.port.js';
import { MonitorStore } from '../../ports/monitor-store.port.js';
import { OpenPorts } from '../../ports/open-ports.js';
import { RecordLog } from '../../ports/record-log.port.js';
import { TaskQueue } from '../../ports/task-queue.port.js';
import { Lifecycle } from '../../process/lifecycle.js';
import { PartHealth } from '../../process/part-health.js';
import { CONFIG, LOGGER } from '../../process/tokens.js';
import { ILLNESSES, type Illness } from './observer/observer.js';
import { openWorker, type OpenWorker } from './open-worker.js';
import { VerdictLog } from './tasks/verdict-log.js';
import { WorkerController } from './worker.controller.js';
import { WorkerMetrics } from './worker.metrics.js';
import { WORKER, WorkerService } from './worker.service.js';
import { WorkerTransport } from './worker.transport.js';

const worker: Provider = {
  provide: WORKER,
  inject: [OpenPorts, HttpSender, WorkerMetrics, CONFIG, LOGGER],
  useFactory: async (
    ports: OpenPorts,
    sender: HttpSender,
    metrics: WorkerMetrics,
    config: AppConfig,
    logger: Logger,
  ): Promise<OpenWorker> =>
    openWorker({
      config,
      ports: {
        store: ports.get(MonitorStore)!,
        queue: ports.get(TaskQueue)!,
        events: ports.get(MonitorEvents)!,
        log: ports.get(RecordLog),
      },
      checks: await discoverChecks(),
      sender,
      metrics,
      logger,
      clock: systemClock,
    }),
};

/** Tasks → checks → results. */
@Module({
  controllers: [WorkerController],
  providers: [worker, WorkerService, WorkerMetrics, WorkerTransport, VerdictLog, pausedQueues('worker')],
})
export class WorkerModule implements OnModuleInit {
  constructor(
    private readonly service: WorkerService,
    private readonly lifecycle: Lifecycle,
    private readonly health: PartHealth,
    private readonly metrics: WorkerMetrics,
    @Inject(WORKER) private readonly parts: OpenWorker,
  ) {}

  onModuleInit(): void {
    const { monitors, observer, processes, results } = this.parts;
    this.health.watch('worker', () => this.service.trouble, false);
    this.health.watch('worker', () => processes.trouble, false);
    this.lifecycle.onStop((deadlineMs) => this.service.stop(deadlineMs));
    this.metrics.watch('in_hand', 'Tasks in hand', () => this.service.inHand);
    this.metrics.watch('results_waiting', 'Results that wait for the store', () => results.size);
    this.metrics.watch('monitors_cached', 'Monitors in the cache', () => monitors.size);
    this.metrics.watch('check_processes', 'Child processes of checks', () => processes.size);
    const resting = 'Monitors that are not checked for an hour, since checking them ended a process twice';
    this.metrics.watch('monitors_resting', resting, () => processes.resting().length);
    this.metrics.watchIllnesses(ILLNESSES, (name) => observer.isIll(name as Illness));
  }
}
