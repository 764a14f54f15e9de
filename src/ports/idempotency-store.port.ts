import { Port } from './port.js';

/** What became of one record of a keyed send: where it lies, or why it does not. */
export type SettledOutcome =
  { partition: number; offset: number } | { code: string; message: string; retryable: boolean };

/** The outcomes of a keyed send, enough to give its first answer again. */
export interface SettledSend {
  /** When it was sent, milliseconds since the Unix epoch. */
  at: number;
  /** One per record that was handed to the log, in order. */
  outcomes: SettledOutcome[];
}

export type Claim =
  /** The key is the caller's: it must settle, release or abandon it. */
  | { state: 'claimed' }
  /** Another process holds it and lives. */
  | { state: 'in-progress' }
  | { state: 'settled'; send: SettledSend }
  /** Its process died, or never learned the outcome. */
  | { state: 'unknown' }
  /** The key was used for another request. */
  | { state: 'mismatch' };

export interface KeyRequest {
  key: string;
  /** A digest of the whole request: the same key with another one is refused. */
  fingerprint: string;
  /** When the key may be forgotten, milliseconds since the Unix epoch. */
  expiresAt: number;
  /**
   * False when the RecordLog shares this store's `storage` and settles the key in the append's transaction: then
   * nothing needs to be on disk before it, and a crash leaves either both or neither.
   */
  durable: boolean;
}

/**
 * One answer per key.
 *
 * Every driver keeps these promises (test/contracts/idempotency-store.contract.ts):
 * - of any number of claims of one key at once, exactly one is told `claimed`;
 * - a `durable` claim is on disk before it is told; after a crash the key is `unknown`, never free;
 * - `settle` is on disk when it resolves, and outlives the process until `expiresAt`;
 * - `release` frees the key at once;
 * - it holds a bounded number of keys: the oldest settled ones go first; keys in progress are never dropped.
 *
 * Not promised: that an expired key is forgotten to the second.
 */
export abstract class IdempotencyStore extends Port {
  /** Names the place where keys are kept; see RecordLog.storage. */
  abstract readonly storage: string;

  /** @throws AppError IDEMPOTENCY_STORE_UNAVAILABLE, IDEMPOTENCY_STORE_FULL */
  abstract claim(request: KeyRequest): Promise<Claim>;

  /** Binds the key to its outcomes. Harmless when the log settled it already. */
  abstract settle(request: KeyRequest, send: SettledSend): Promise<void>;

  /** Nothing was written: the key is free again. */
  abstract release(key: string): Promise<void>;

  /** The outcome will never be known: later claims are told `unknown` until the key expires. */
  abstract abandon(request: KeyRequest): Promise<void>;
}
