import { Inject, Injectable } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import type { AppConfig } from '../../config/app-config.js';
import type { ActiveTask, TaskVerdict } from '../../ports/task-queue.port.js';
import { Lifecycle } from '../../process/lifecycle.js';
import { CONFIG } from '../../process/tokens.js';
import { ForeignTaskError, verdictOf } from './tasks/verdict.js';
import { VerdictLog } from './tasks/verdict-log.js';
import { HEALTH_CHECK, type TaskInHand } from './worker.controller.js';
import { WorkerService } from './worker.service.js';

/** Brings tasks to the `@EventPattern` handler; the verdict follows its promise. */
@Injectable()
export class WorkerTransport extends Server implements CustomTransportStrategy {
  override transportId = Symbol('worker');

  constructor(
    private readonly service: WorkerService,
    private readonly lifecycle: Lifecycle,
    private readonly log: VerdictLog,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'scheduler'>,
  ) {
    super();
  }

  /** Takes no task before the process listens: one that does not start takes none with it. */
  listen(listening: () => void): void {
    const handler = this.getHandlerByPattern(HEALTH_CHECK) as MessageHandler<TaskInHand> | null;
    if (!handler) throw new Error(`no handler for ${HEALTH_CHECK}`);
    this.lifecycle.onStart(() => {
      this.service.start((task, signal) => this.handle(handler, task, signal));
      return Promise.resolve();
    });
    listening();
  }

  /** Ends with the process: see WorkerService, which is bounded in time. */
  close(): void {
    return;
  }

  on(): never {
    throw new Error('the worker’s transport has no events');
  }

  unwrap<T>(): T {
    return this.service as T;
  }

  private async handle(
    handler: MessageHandler<TaskInHand>,
    task: ActiveTask,
    signal: AbortSignal,
  ): Promise<TaskVerdict> {
    try {
      if (task.type !== this.config.scheduler.task.type) throw this.foreign(task.type);
      const result: unknown = await handler({ task, signal });
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
      this.log.done();
      return { kind: 'done' };
    } catch (thrown) {
      const verdict = verdictOf(thrown);
      // After that nobody hears the verdict.
      if (!signal.aborted) this.log.failed(task, thrown, verdict);
      return verdict;
    }
  }

  private foreign(type: string): ForeignTaskError {
    const { type: ours } = this.config.scheduler.task;
    return new ForeignTaskError(
      `This worker takes tasks of the type ${ours} (TASK_TYPE), not ${type.slice(0, 100)}: give those a queue of their own.`,
    );
  }
}
