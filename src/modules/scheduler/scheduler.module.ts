import { Module, type OnModuleInit } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Lifecycle } from '../../process/lifecycle.js';
import { PartHealth } from '../../process/part-health.js';
import { pausedQueues } from '../../monitors/paused-queues.js';
import { LeaderModule } from '../leader/leader.module.js';
import { AdminModule } from './admin/admin.module.js';
import { MonitorsApiModule } from './api/monitors-api.module.js';
import { Periodic } from './periodic.js';
import { SchedulerController } from './scheduler.controller.js';
import { SchedulerMetrics } from './scheduler.metrics.js';
import { SchedulerParts } from './scheduler.parts.js';
import { SchedulerService } from './scheduler.service.js';

/** Due monitors → tasks, on the leader only. */
@Module({
  imports: [ScheduleModule.forRoot(), LeaderModule, MonitorsApiModule, AdminModule],
  controllers: [SchedulerController],
  providers: [SchedulerService, SchedulerParts, SchedulerMetrics, Periodic, pausedQueues('scheduler')],
})
export class SchedulerModule implements OnModuleInit {
  constructor(
    private readonly service: SchedulerService,
    private readonly lifecycle: Lifecycle,
    private readonly health: PartHealth,
  ) {}

  onModuleInit(): void {
    this.health.watch('scheduler', () => this.service.trouble);
    this.lifecycle.onStart(() => this.service.start());
    this.lifecycle.onStop((deadlineMs) => this.service.stop(deadlineMs));
  }
}
