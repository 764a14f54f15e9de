import type { AppError } from '../core/errors.js';
import { Port } from './port.js';

/** What a fenced call proves before it writes: that this process leads at that moment. */
export interface Fence {
  /** Where the lease is kept: the same place as the queue's where both are on one server. */
  readonly key: string;
  readonly holder: string;
  /** By the holder's own clock, at this instant. */
  readonly isHeld: boolean;
}

/** A term of leadership of this process, from when it was won until `lost` aborts. */
export interface Term {
  /** Rises with every term, whoever holds it, also after the server lost its memory; at most 2^53 - 1. */
  readonly number: number;
  /** When it was won, milliseconds since the Unix epoch. */
  readonly since: number;
  /** Aborts when the term is over: lost, resigned, or its time ran out by this process's own clock. */
  readonly lost: AbortSignal;
  /**
   * Until it ends unless it is prolonged, by the holder's own clock, milliseconds; Infinity where it never does, 0 when it
   * is over.
   */
  readonly leftMs: number;
  /** Hand it to TaskQueue.enqueueMany. */
  readonly fence: Fence;
}

/** Who leads, as the lease's place tells it. */
export interface LeaderView {
  /** The holder's name (`<host>:<pid>:<random>` for ours); null when nobody leads. */
  holder: string | null;
  /** Null where it is not known: a holder that is not ours writes none. */
  term: number | null;
  /** When the term began, milliseconds since the Unix epoch; null where it is not known. */
  since: number | null;
  /** Until the lease ends unless it is renewed, milliseconds; null when nobody leads or it never ends. */
  leftMs: number | null;
}

/** Told of each term that this process wins; its `lost` tells the rest. What one throws is logged, and harms nobody. */
export type OnTerm = (term: Term) => void;

/**
 * One holder at a time, each term numbered.
 *
 * Every driver keeps these promises (test/contracts/leader-lease.contract.ts):
 * - of any number of candidates at most one holds the lease at any instant, each by its own monotonic clock: a holder
 *   stops before its lease can have ended, counted from before the command that took or prolonged it was sent;
 * - `term` asks that clock: it is null at once after a pause of the process longer than the lease, before any timer ran;
 * - numbers of terms only rise;
 * - a holder that resigns or closes frees the lease at once, and a candidate that waits takes it then; one that dies is
 *   followed when its lease ends;
 * - a lost connection never prolongs a lease: the term goes on while it is renewed in time, else it is lost, and the
 *   candidate goes on for ever, with growing delays and jitter.
 *
 * Not promised: fairness; that what a former holder began before its term ended has no effect after it (that is what
 * `fence` is for); that a lease survives the loss of its server's memory (then nobody new leads for one lease's time).
 *
 * Embedded: this process leads from its first campaign on; one process per DATA_FOLDER makes that true.
 * Who owns the connection: the driver. `close` resigns first.
 */
export abstract class LeaderLease extends Port {
  /** This process start's name: unlike that of any other, also after a restart on the same host. */
  abstract readonly holder: string;

  /**
   * Becomes a candidate, until `resign`. `onTerm` is called for each term won. A second call adds a listener, which is
   * told of the present term soon.
   */
  abstract campaign(onTerm: OnTerm): void;

  /** The term that this process holds at this instant by its own clock; null otherwise. */
  abstract readonly term: Term | null;

  /** Why this process can neither lead nor wait for its turn; null when nothing is known to be wrong. Asks nobody. */
  abstract readonly trouble: AppError | null;

  /** Who leads now. @throws AppError LEASE_UNAVAILABLE, also once it is closed */
  abstract look(): Promise<LeaderView>;

  /**
   * Gives the lease up and is no candidate any more; waiting candidates are told. Resolves when it is free, or after
   * `deadlineMs`, but not before freeing it was tried (else it ends by itself). Never rejects.
   */
  abstract resign(deadlineMs: number): Promise<void>;
}
