import type { Logger } from 'pino';
import type { AppError } from '../../../core/errors.js';
import { FailureLog } from '../../../core/failure-log.js';

/** Why no files can be written, if so: said in the log, and to whom it may concern. */
export class OutputState {
  /** The disk does not answer. */
  private silence: AppError | null = null;
  /** The last thing that it did answer. */
  private failure: AppError | null = null;
  private readonly listeners: (() => void)[] = [];
  private readonly log: FailureLog;

  constructor(logger: Logger, now: () => number) {
    this.log = new FailureLog(logger, 'Files cannot be written', now);
  }

  get trouble(): AppError | null {
    return this.silence ?? this.failure;
  }

  onTrouble(changed: () => void): void {
    this.listeners.push(changed);
  }

  isSilent(error: AppError): void {
    this.say(error);
    this.change(() => (this.silence = error));
  }

  answers(): void {
    this.change(() => (this.silence = null));
  }

  failed(error: AppError): void {
    this.say(error);
    this.change(() => (this.failure = error));
  }

  works(): void {
    this.change(() => (this.failure = null));
  }

  private say(error: AppError): void {
    this.log.failed(error.message.replace(/\.$/, ''));
  }

  private change(set: () => void): void {
    const before = this.trouble?.code;
    set();
    if (this.trouble === null) this.log.succeeded();
    if (this.trouble?.code !== before) for (const listener of this.listeners) listener();
  }
}
