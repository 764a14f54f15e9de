import type { SinkName } from '../../../config/processor-settings.js';
import type { AppError } from '../../../core/errors.js';

/** A message whose payload has been found to be JSON. */
export interface SinkMessage {
  exchange: string;
  routingKey: string;
  /** The payload as its sender wrote it. */
  text: string;
  messageId: string | null;
  /** The same over all attempts for this message: an idempotency key for who has a use for one. */
  trace: string;
  redelivered: boolean;
}

/** A place that messages go to. */
export interface Sink {
  readonly name: SinkName;

  /**
   * Resolves when the sink has the message safe. A message that it has already may come again.
   * @throws AppError, whose `retryable` tells whether another attempt makes sense, and `retryAfterS` how soon
   */
  deliver(message: SinkMessage): Promise<void>;

  /** Why it can take nothing at all now, whatever the message; null when it can. */
  readonly trouble?: AppError | null;

  /** Calls `changed` whenever `trouble` comes or goes. */
  onTrouble?(changed: () => void): void;

  start?(): Promise<void>;
  /** Within `ms`. Throws when something of it cannot be ended, such as a thread that waits for a disk. */
  stop?(ms: number): Promise<void>;
}

/** Injects the sinks of PROCESSOR_SINKS. */
export const SINKS = Symbol('SINKS');
