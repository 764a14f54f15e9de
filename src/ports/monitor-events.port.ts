import type { AppError } from '../core/errors.js';
import { Port } from './port.js';

/**
 * That a monitor changed. Of `monitor` only `id` (1 to 255 characters) matters: a reader asks its store for the rest.
 * It is told as JSON carries it, 1 MiB at most: a Date arrives as a text.
 */
export type MonitorEvent =
  | {
      type: 'monitor.created' | 'monitor.updated';
      monitor: Readonly<Record<string, unknown>> & { id: string };
    }
  | { type: 'monitor.deleted'; id: string };

export interface MonitorListener {
  /** Must not throw. */
  onEvent(event: MonitorEvent): void;
  /**
   * Events may have been missed: the connection was away, or a message could not be read. Also told once when
   * listening begins. A listener then reads everything anew. Must not throw.
   */
  onGap(reason: string): void;
}

/**
 * Tells every process that a monitor changed.
 *
 * Every driver keeps these promises (test/contracts/monitor-events.contract.ts):
 * - every process that listens at the time is told of an event, its publisher's own listeners too, in the order in
 *   which one process published;
 * - whoever may have missed something is told so by `onGap`, after the listening works again: an event published after
 *   that is not missed;
 * - `publish` resolves when the event was handed on.
 *
 * Not promised: that an event is kept for who does not listen; that it is told only once (an event beside a gap).
 *
 * Embedded: within this process. Redis: channels `peekaping:events:<type>`, which REDIS_DB does not divide.
 * Who owns the connection: the driver. `close` ends all listening.
 */
export abstract class MonitorEvents extends Port {
  /** @throws AppError MONITOR_EVENTS_UNAVAILABLE (nobody may have been told), VALIDATION_FAILED (nobody was) */
  abstract publish(event: MonitorEvent): Promise<void>;

  /** Begins to listen; answers at once. The answer ends it. */
  abstract listen(listener: MonitorListener): () => void;

  /** Why nothing is heard now; null when all is well or nobody listens. */
  abstract readonly trouble: AppError | null;
}
