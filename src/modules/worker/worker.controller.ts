import { Controller, Inject, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { ActiveTask } from '../../ports/task-queue.port.js';
import { WholeErrors } from '../../process/whole-errors.js';
import type { OpenWorker } from './open-worker.js';
import { WORKER } from './worker.service.js';

/** A health task, whatever TASK_TYPE calls it. */
export const HEALTH_CHECK = 'monitor:healthcheck';

/** A task, and what ends it before its time. */
export interface TaskInHand {
  task: ActiveTask;
  signal: AbortSignal;
}

/** The room in which monitors are looked at. The task is done when the promise is; what it throws says what else. */
@Controller()
@UseFilters(WholeErrors)
export class WorkerController {
  constructor(@Inject(WORKER) private readonly worker: OpenWorker) {}

  @EventPattern(HEALTH_CHECK)
  check(@Payload() { task, signal }: TaskInHand): Promise<void> {
    return this.worker.health.handle(task, signal);
  }
}
