import type { Logger } from 'pino';
import type { Clock } from '../../../core/clock.js';
import { AppError, asAppError } from '../../../core/errors.js';
import { FailureLog } from '../../../core/failure-log.js';
import type { Fence } from '../../../ports/leader-lease.port.js';
import {
  TaskQueue,
  type EnqueueResult,
  type NewTask,
  type TaskHandler,
  type TaskWorker,
  type WorkOptions,
} from '../../../ports/task-queue.port.js';
import { checkTasks, checkWatermark } from '../../check-task.js';
import { checkWork } from '../../check-work.js';
import type { TaskMetrics } from '../../task-metrics.js';
import { EmbeddedTaskInspector } from './inspector.js';
import { TaskStore, type StoreBounds } from './store.js';
import { EmbeddedWorker } from './worker.js';

export interface QueueParts {
  bounds: StoreBounds;
  clock: Clock;
  metrics: TaskMetrics;
  logger: Logger;
}

/**
 * Tasks in the memory of this process, for its own workers.
 *
 * It promises only the life of the process: whatever lies in it, done or not, is gone when that ends, in whatever way.
 * The monitors' grid starts anew with the process, so what is lost is the checks that were due and not yet made.
 */
export class EmbeddedTaskQueue extends TaskQueue {
  readonly driver = 'embedded';
  readonly inspector: EmbeddedTaskInspector;
  private readonly store: TaskStore;
  private readonly workers = new Set<EmbeddedWorker>();
  private readonly refusals: FailureLog;
  /** By the key of the lease, of which there is one as a rule. */
  private readonly marks = new Map<string, number>();
  private closing: Promise<string | null> | undefined;

  constructor(private readonly parts: QueueParts) {
    super();
    this.store = new TaskStore(parts.bounds, parts.clock);
    this.inspector = new EmbeddedTaskInspector(this.store);
    this.refusals = new FailureLog(parts.logger, 'The embedded queue refuses tasks');
    parts.metrics.watch(() => [...this.workers].reduce((sum, { inHand }) => sum + inHand, 0));
  }

  async enqueueMany(tasks: readonly NewTask[], fence?: Fence, watermark?: number): Promise<EnqueueResult[]> {
    try {
      const results = await Promise.resolve(this.enqueue(tasks, fence, watermark));
      this.parts.metrics.enqueued(tasks, results);
      return results;
    } catch (error) {
      this.parts.metrics.refused(tasks, asAppError(error).code);
      throw error;
    }
  }

  /** Of this process's life only, like the tasks: after a restart nothing is made up for. */
  watermark({ key }: Pick<Fence, 'key'>): Promise<number | null> {
    return this.closing ? Promise.reject(shuttingDown()) : Promise.resolve(this.marks.get(key) ?? null);
  }

  work(options: WorkOptions, handle: TaskHandler): TaskWorker {
    if (this.closing) throw shuttingDown();
    checkWork(options);
    const { metrics } = this.parts;
    const onEnd = metrics.ended.bind(metrics);
    const onStopped = (stopped: EmbeddedWorker) => void this.workers.delete(stopped);
    const worker = new EmbeddedWorker({ store: this.store, handle, onEnd, onStopped }, options);
    this.workers.add(worker);
    return worker;
  }

  async ping(): Promise<void> {
    return this.closing ? Promise.reject(shuttingDown()) : Promise.resolve();
  }

  close(deadlineMs: number): Promise<string | null> {
    return (this.closing ??= this.shutDown(deadlineMs));
  }

  private enqueue(tasks: readonly NewTask[], fence?: Fence, watermark?: number): EnqueueResult[] {
    if (this.closing) throw shuttingDown();
    checkTasks(tasks);
    checkWatermark(watermark, fence);
    if (fence && !fence.isHeld)
      throw new AppError('LEASE_LOST', 'This process does not lead any more: nothing was enqueued.');
    try {
      const results = this.store.enqueue(tasks);
      if (fence && watermark !== undefined) this.marks.set(fence.key, watermark);
      this.refusals.succeeded();
      return results;
    } catch (error) {
      this.refusals.failed(asAppError(error).message.replace(/\.$/, ''));
      throw error;
    }
  }

  private async shutDown(deadlineMs: number): Promise<string | null> {
    const putBack = await Promise.all([...this.workers].map((worker) => worker.stop(deadlineMs)));
    const { undone } = this.store;
    if (undone > 0)
      this.parts.logger.info(
        { tasks: undone },
        `${undone} tasks of the embedded queue are gone with this process.`,
      );
    this.store.close();
    const left = putBack.reduce((sum, count) => sum + count, 0);
    return left === 0 ? null : `${left} tasks were aborted before they were done`;
  }
}

function shuttingDown(): AppError {
  return new AppError('SHUTTING_DOWN', 'The service stops; no task is taken any more.');
}
