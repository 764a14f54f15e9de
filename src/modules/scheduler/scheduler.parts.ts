import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { AppConfig } from '../../config/app-config.js';
import type { SchedulerSettings } from '../../config/scheduler-settings.js';
import { systemClock } from '../../core/clock.js';
import { MonitorStore } from '../../ports/monitor-store.port.js';
import { TaskQueue } from '../../ports/task-queue.port.js';
import { CONFIG, LOGGER } from '../../process/tokens.js';
import { SchedulerMetrics } from './scheduler.metrics.js';
import type { SessionParts } from './term-session.js';
import { Books } from './time/books.js';
import { Enqueuer } from './time/enqueuer.js';
import { Lateness } from './time/lateness.js';

/** What outlives a term: the books, the lateness, and the last watermark are the process's. */
@Injectable()
export class SchedulerParts implements Omit<SessionParts, 'periodic'> {
  readonly settings: SchedulerSettings;
  readonly clock = systemClock;
  readonly books = new Books();
  readonly lateness = new Lateness(() => systemClock.monotonic());
  readonly enqueuer: Enqueuer;

  constructor(
    @Inject(CONFIG) config: Pick<AppConfig, 'scheduler'>,
    @Inject(LOGGER) readonly logger: Logger,
    readonly metrics: SchedulerMetrics,
    readonly queue: TaskQueue,
    readonly store: MonitorStore,
  ) {
    this.settings = config.scheduler;
    this.enqueuer = new Enqueuer(this);
  }
}
