import type { TaskSettings } from '../../../config/scheduler-settings.js';
import { asAppError } from '../../../core/errors.js';
import type { FailureLog } from '../../../core/failure-log.js';
import type { Monitor, StoredResult } from '../../../ports/monitor-store.port.js';
import type { NewTask, TaskQueue } from '../../../ports/task-queue.port.js';
import { furtherLook } from './further-look.js';
import type { Rhythms } from './rhythm.js';
import type { KnownTask } from './task-kind.js';

export interface FurtherParts {
  queue: Pick<TaskQueue, 'enqueueMany'>;
  rhythms: Rhythms;
  task: TaskSettings;
  failures: Pick<FailureLog, 'failed' | 'succeeded'>;
  /** `OK`, or an error code. */
  onEnd: (outcome: string, tasks: number) => void;
}

const MOST_IN_BATCH = 500;
/** While the queue is slow the next ones are not kept: the next tick looks anyway. */
const MOST_WAITING = 5_000;

/** Enqueues further looks at monitors that are pending, in batches. One that cannot be enqueued is no loss: the next tick comes. */
export class FurtherLooks {
  private waiting: NewTask[] = [];
  private sending: Promise<void> | null = null;

  constructor(private readonly parts: FurtherParts) {}

  after(known: KnownTask, stored: StoredResult, monitor: Monitor): void {
    const task = furtherLook(known, stored, monitor, this.parts);
    if (!task) return;
    if (this.waiting.length >= MOST_WAITING) return this.parts.onEnd('BUFFER_FULL', 1);
    this.waiting.push(task);
    this.sending ??= this.send();
  }

  /** Resolves when none waits. */
  async idle(): Promise<void> {
    await this.sending;
  }

  private async send(): Promise<void> {
    const { queue, failures, onEnd } = this.parts;
    // Results are answered many at once: their looks are one call.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MOST_IN_BATCH);
      try {
        await queue.enqueueMany(batch);
        failures.succeeded();
        onEnd('OK', batch.length);
      } catch (error) {
        const { code, message } = asAppError(error);
        failures.failed(message.replace(/\.$/, ''));
        onEnd(code, batch.length);
      }
    }
    // Here and no later: else one that comes in between would lie there until the next.
    this.sending = null;
  }
}
