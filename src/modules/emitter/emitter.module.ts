import { Module, type OnModuleInit } from '@nestjs/common';
import { Lifecycle } from '../../process/lifecycle.js';
import { PartHealth } from '../../process/part-health.js';
import { EmitterMetrics } from './emitter.metrics.js';
import { EmitterService } from './emitter.service.js';
import { EmittersController } from './emitters.controller.js';
import { GivenUpController } from './given-up.controller.js';

/** A period or a cron line → HTTP, a topic, or an exchange. */
@Module({
  controllers: [EmittersController, GivenUpController],
  providers: [EmitterService, EmitterMetrics],
})
export class EmitterModule implements OnModuleInit {
  constructor(
    private readonly service: EmitterService,
    private readonly lifecycle: Lifecycle,
    private readonly health: PartHealth,
  ) {}

  onModuleInit(): void {
    this.lifecycle.onStart(() => this.service.start());
    this.lifecycle.stopping.addEventListener('abort', () => this.service.endTicks(), { once: true });
    this.lifecycle.onStop((deadlineMs) => this.service.stop(deadlineMs));
    const { all, givenUp } = this.service;
    if (all.length > 0) this.health.watch('emitter', () => givenUp.trouble, false);
    for (const emitter of all) {
      this.health.watch('emitter', () => emitter.trouble);
      this.health.watch('emitter', () => emitter.context.payload.trouble, false);
    }
  }
}
