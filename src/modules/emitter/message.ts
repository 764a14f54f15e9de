/** One message of one emitter, as it stays over all its attempts. */
export interface EmitMessage {
  emitter: string;
  /** The `Idempotency-Key`; printable ASCII without dots, 255 at most. */
  key: string;
  /** When it was to be sent, milliseconds since the Unix epoch. */
  plannedAt: number;
  /** JSON text. */
  body: string;
}

/** Delivered; refused: it will not heal by itself; given up: it might have, but the attempts or the time were over. */
export type EmitEnd = 'delivered' | 'refused' | 'given up';

export interface EmitResult {
  end: EmitEnd;
  /** What to log and to keep: a status, or why there is none. Never holds a URL or a secret. */
  reason: string;
  /** Of the last answer; null when there was none, or the target is no HTTP server. */
  status: number | null;
  attempts: number;
  /** From the first attempt to the end, milliseconds. */
  elapsedMs: number;
  /** The last attempt's, milliseconds. */
  latencyMs: number;
  /** The target may have it although it was not delivered. */
  mayHaveArrived: boolean;
  /** Cut off by our stop: not the target's fault. */
  aborted: boolean;
}

export interface EmitLimits {
  /** No retry begins or lasts beyond it, milliseconds from now; the first attempt has its own timeout. */
  maxElapsedMs: number;
  /** Aborts: nothing further is tried, what is under way is cut off. */
  signal: AbortSignal;
}

/** Where messages go. One each emitter; targets of one address share a circuit. */
export interface Target {
  /** As a person knows it: `POST https://host:port`, `topic t`, `exchange e`. No path, no secret. */
  readonly shown: string;
  /**
   * True while the target is spared by its circuit breaker: a tick is then skipped. Ask it in the same turn as `send`,
   * which takes the place; a send that finds it open all the same (it had waited) is given up without an attempt.
   */
  readonly circuitOpen: boolean;
  /** Never throws for what the other end does. */
  send(message: EmitMessage, limits: EmitLimits): Promise<EmitResult>;
}
