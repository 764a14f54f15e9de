import type { Logger } from 'pino';
import { FailureLog } from '../../core/failure-log.js';
import type { GivenUpFolder } from './given-up/given-up-folder.js';
import type { EmitLimits, EmitMessage, EmitResult, Target } from './message.js';
import { outcomeOf, type OutcomeWindow } from './time/window.js';

export interface DeliveryContext {
  target: Target;
  window: OutcomeWindow;
  givenUp: Pick<GivenUpFolder, 'add'>;
  logger: Logger;
  /** The contract's line tells of HTTP; where there is none, a line says what became of the message. */
  isHttp: boolean;
}

/** Sends one emitter's messages, tells how each one ended, and keeps what was not delivered. */
export class Delivery {
  private readonly failures: FailureLog;

  constructor(
    private readonly name: string,
    private readonly context: DeliveryContext,
  ) {
    this.failures = new FailureLog(context.logger, `Emitter ${name} does not deliver`);
  }

  /** Resolves when the message has arrived, or is kept in the folder. `latenessMs`: of its tick. */
  async carry(message: EmitMessage, limits: EmitLimits, latenessMs: number): Promise<EmitResult> {
    const result = await this.context.target.send(message, limits);
    this.tell(message, result, latenessMs);
    if (result.end !== 'delivered') await this.context.givenUp.add(message, result);
    return result;
  }

  /** One that was taken and has no result, so that it counts in no statistics of sends. */
  async abandon(message: EmitMessage, reason: string): Promise<EmitResult> {
    const result: EmitResult = {
      end: 'given up',
      reason,
      status: null,
      attempts: 0,
      elapsedMs: 0,
      latencyMs: 0,
      mayHaveArrived: false,
      aborted: true,
    };
    await this.context.givenUp.add(message, result);
    return result;
  }

  private tell({ emitter, key, plannedAt }: EmitMessage, result: EmitResult, latenessMs: number): void {
    const { window, logger, isHttp } = this.context;
    window.record(outcomeOf(result, latenessMs));
    const { end, status, attempts, reason, latencyMs } = result;
    const about = { emitter, key, planned_at: new Date(plannedAt).toISOString(), end, status, attempts };
    const line = isHttp ? window.line() : `Emitter ${emitter}: a message was ${end}.`;
    logger.info({ ...about, latency_ms: Math.round(latencyMs * 10) / 10 }, line);
    if (end === 'delivered') this.failures.succeeded();
    else
      this.failures.failed(`a message was ${end}: ${reason}`, `See GET /emitters/${emitter}/dead-letters.`);
  }
}
