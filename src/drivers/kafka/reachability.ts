import type { Logger } from 'pino';
import { FailureLog } from '../../core/failure-log.js';
import { adviceFor, rootOf } from './kafka-error.js';

/** Whether Kafka answers, as the log tells it: at the start of an outage, once a minute, and at its end. */
export class Reachability {
  private readonly log: FailureLog;
  private answered = false;

  constructor(private readonly logger: Logger) {
    this.log = new FailureLog(logger, 'Kafka does not answer');
  }

  /** False until Kafka has answered for the first time. */
  get wasReady(): boolean {
    return this.answered;
  }

  failed(error: unknown): void {
    this.log.failed(rootOf(error), adviceFor(error));
  }

  succeeded(): void {
    if (!this.answered) this.logger.info('Kafka answers.');
    this.answered = true;
    this.log.succeeded();
  }
}
