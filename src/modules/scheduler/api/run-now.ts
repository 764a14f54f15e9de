import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { AppConfig } from '../../../config/app-config.js';
import { healthTask } from '../../../monitors/health-task.js';
import { MonitorStore } from '../../../ports/monitor-store.port.js';
import { TaskQueue } from '../../../ports/task-queue.port.js';
import { CONFIG } from '../../../process/tokens.js';
import { ApiMetrics } from './api.metrics.js';
import { knownMonitor } from './known-monitor.js';
import { iso } from './monitor.view.js';

/** A check that somebody asks for: beside the ticks, so without a fence and apart from their books. */
@Injectable()
export class RunNow {
  constructor(
    private readonly store: MonitorStore,
    private readonly queue: TaskQueue,
    private readonly metrics: ApiMetrics,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'scheduler'>,
  ) {}

  /** @throws AppError MONITOR_UNKNOWN, and what the queue throws */
  async run(id: string) {
    const { id: monitorId, priority } = await knownMonitor(this.store, id);
    const scheduledAt = Date.now();
    const taskId = `${monitorId}:now:${randomUUID()}`;
    const task = healthTask(taskId, { monitorId, scheduledAt }, priority, this.config.scheduler.task);
    await this.queue.enqueueMany([task]);
    this.metrics.runNow.inc();
    return { task_id: taskId, monitor_id: monitorId, queue: task.queue, scheduled_at: iso(scheduledAt) };
  }
}
