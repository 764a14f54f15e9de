import type { Sendable } from './alert-message.js';

/** How an attempt ended. `reason` is a sentence without address and payload. */
export type WayEnd =
  | { end: 'sent' }
  | { end: 'retry'; reason: string; afterMs: number | null }
  /** Never again. */
  | { end: 'refused'; reason: string };

/** Where alerts go. Never rejects. */
export interface AlertWay {
  /** The variable that names it. */
  readonly name: string;
  send(alert: Sendable): Promise<WayEnd>;
}
