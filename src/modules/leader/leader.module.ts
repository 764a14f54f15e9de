import { Module, type OnModuleInit } from '@nestjs/common';
import { Lifecycle } from '../../process/lifecycle.js';
import { PartHealth } from '../../process/part-health.js';
import { LeaderController } from './leader.controller.js';
import { LeaderMetrics } from './leader.metrics.js';
import { LeaderService } from './leader.service.js';

/** Holds the lease or waits for it. */
@Module({
  controllers: [LeaderController],
  providers: [LeaderService, LeaderMetrics],
  exports: [LeaderService],
})
export class LeaderModule implements OnModuleInit {
  constructor(
    private readonly service: LeaderService,
    private readonly lifecycle: Lifecycle,
    private readonly health: PartHealth,
  ) {}

  onModuleInit(): void {
    this.health.watch('leader', () => this.service.trouble);
    this.lifecycle.onStart(() => this.service.start());
    this.lifecycle.afterWork((deadlineMs) => this.service.stop(deadlineMs));
  }
}
