import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { asAppError } from '../../../core/errors.js';
import { FailureLog } from '../../../core/failure-log.js';
import { textOf } from '../../../core/text-of.js';
import type { ActiveTask, TaskVerdict } from '../../../ports/task-queue.port.js';
import { LOGGER } from '../../../process/tokens.js';
import { WorkerMetrics } from '../worker.metrics.js';
import { ForeignTaskError, TaskRefusedError } from './verdict.js';

/** Over when none has failed for so long. */
const CALM_MS = 60_000;

/** Counts and says what became of tasks that were not done. */
@Injectable()
export class VerdictLog {
  private readonly foreign: FailureLog;
  private readonly refused: FailureLog;
  private readonly putOff: FailureLog;
  private readonly failing: FailureLog;

  constructor(
    @Inject(LOGGER) logger: Logger,
    private readonly metrics: WorkerMetrics,
  ) {
    this.foreign = new FailureLog(
      logger,
      'A task of another type, kept for a worker that knows it, then archived',
    );
    this.refused = new FailureLog(logger, 'A task was archived');
    this.putOff = new FailureLog(logger, 'Health checks are put off', Date.now, 'warn');
    this.failing = new FailureLog(logger, 'A health check failed by a fault of ours');
  }

  done(): void {
    for (const log of [this.foreign, this.refused, this.putOff, this.failing]) log.calm(CALM_MS);
  }

  failed({ id, queue }: ActiveTask, thrown: unknown, verdict: TaskVerdict): void {
    const words = `${textOf(thrown).replace(/\.$/, '')} (queue ${queue}, task ${id.slice(0, 100)})`;
    if (thrown instanceof ForeignTaskError) {
      this.metrics.refused.inc({ reason: 'type' });
      return this.foreign.failed(words);
    }
    if (thrown instanceof TaskRefusedError) return this.refused.failed(words);
    this.metrics.putOff.inc({ code: asAppError(thrown).code });
    const spared = verdict.kind === 'retry' && verdict.countsAsFailure === false;
    (spared ? this.putOff : this.failing).failed(words);
  }
}
