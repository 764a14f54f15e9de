import type { AppError } from '../../../core/errors.js';

/** What is known of a message before it has a body. */
export interface PayloadTick {
  /** When it was to be sent, milliseconds since the Unix epoch. */
  plannedAt: number;
  /** Messages of this emitter since its start, this one included. */
  count: number;
}

/** Where an emitter's bodies come from. */
export interface PayloadSource {
  /** JSON text. Answers at once, whatever the disk does; never throws once started. */
  next(tick: PayloadTick): string;
  /** Where there is one, `next` may be called after it only. @throws AppError PAYLOAD_FILE_UNUSABLE */
  start?(): Promise<void>;
  stop?(): Promise<void>;
  /** Why new payloads are not taken over, although the old ones are still sent. */
  readonly trouble: AppError | null;
}
