import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { AppConfig } from '../../config/app-config.js';
import { backoffMs } from '../../core/backoff.js';
import type { AppError } from '../../core/errors.js';
import { isOverBy } from '../../core/with-deadline.js';
import { MonitorEvents } from '../../ports/monitor-events.port.js';
import { TaskQueue, type TaskHandler, type TaskWorker } from '../../ports/task-queue.port.js';
import { CONFIG, LOGGER } from '../../process/tokens.js';
import type { OpenWorker } from './open-worker.js';
import { weightsOf } from './tasks/weights.js';

export const WORKER = Symbol('WORKER');

/** Before the next attempt of a task that failed. */
const RETRY = { baseMs: 2_000, capMs: 30_000 };
/** Places for those that wait for their host's turn or for the store, per check under way. */
const PLACES_PER_CHECK = 2;
/** Checks that are under way at the end are waited for so long at most, milliseconds, and this part of the deadline. */
const GRACE_MS = 10_000;
const GRACE_PART = 0.6;

/** Takes health tasks from the queues of all priorities, from the start of the process to its stop. */
@Injectable()
export class WorkerService {
  private worker: TaskWorker | undefined;
  private unlisten: (() => void) | undefined;

  constructor(
    private readonly queue: TaskQueue,
    private readonly events: MonitorEvents,
    @Inject(WORKER) private readonly parts: OpenWorker,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'scheduler' | 'worker'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  start(handle: TaskHandler): void {
    const { monitors, outbox, pruner } = this.parts;
    const { concurrency, weights, strict } = this.config.worker;
    const queues = weightsOf(this.config.scheduler.task.queues, weights);
    this.unlisten = this.events.listen(monitors);
    outbox.start();
    pruner.start();
    const retryDelayMs = (failures: number) => RETRY.baseMs + backoffMs(failures, RETRY);
    this.worker = this.queue.work(
      { queues, strict, concurrency: concurrency * PLACES_PER_CHECK, retryDelayMs },
      handle,
    );
    const names = Object.entries(queues).map(([name, weight]) => `${name} (${weight})`);
    this.logger.info(
      { queues, concurrency },
      `Working on health checks from the queues ${names.join(', ')}.`,
    );
  }

  get inHand(): number {
    return this.worker?.inHand ?? 0;
  }

  /** Why it checks nothing, or cannot tell what is down; null when all is well. */
  get trouble(): AppError | null {
    return this.worker?.trouble ?? this.parts.observer.trouble;
  }

  /** Takes no more, waits for checks under way and their results; what is not over goes back to its queue. */
  async stop(deadlineMs: number): Promise<string | null> {
    const end = performance.now() + deadlineMs;
    const { results, further, outbox, pruner, observer, processes } = this.parts;
    const pruned = pruner.stop();
    const putBack = (await this.worker?.stop(Math.min(GRACE_MS, deadlineMs * GRACE_PART))) ?? 0;
    if (putBack > 0)
      this.logger.info({ tasks: putBack }, `${putBack} checks were not over and went back to their queues.`);
    const ended = processes.stop();
    results.stop();
    this.unlisten?.();
    const told = await outbox.stop(Math.max(0, end - performance.now()));
    const others = Promise.all([pruned, ended, further.idle(), observer.stop()]);
    const left = told ? [] : ['alerts were under way; they are sent again later'];
    if (!(await isOverBy(others, end)))
      left.push('the deletion of old results, or the queue, did not answer');
    return left.length === 0 ? null : left.join('; ');
  }
}
