import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { Logger } from 'pino';
import { FailureLog } from '../../core/failure-log.js';
import { LOGGER } from '../../process/tokens.js';

/** Our own few periodic jobs, by name in Nest's registry. Monitors are never timed by it. */
@Injectable()
export class Periodic {
  constructor(
    private readonly registry: SchedulerRegistry,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Runs `job` every so often, never two of it at once; what it throws is logged. The answer ends it. */
  every(ms: number, name: string, job: () => Promise<unknown>): () => void {
    const failures = new FailureLog(this.logger, `Scheduler: ${name} failed`, () => performance.now());
    let isRunning = false;
    const round = async () => {
      if (isRunning) return;
      isRunning = true;
      try {
        await job();
        failures.succeeded();
      } catch (error) {
        failures.failed((error as Error).message.replace(/\.$/, ''));
      } finally {
        isRunning = false;
      }
    };
    const key = `scheduler: ${name}`;
    if (this.registry.doesExist('interval', key)) this.registry.deleteInterval(key);
    const timer = setInterval(() => void round(), ms);
    this.registry.addInterval(key, timer);
    return () => {
      clearInterval(timer);
      if (this.registry.doesExist('interval', key) && this.registry.getInterval(key) === timer)
        this.registry.deleteInterval(key);
    };
  }
}
