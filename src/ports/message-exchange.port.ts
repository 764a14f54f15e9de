import type { AppError } from '../core/errors.js';
import { Port } from './port.js';

/** A message to publish. */
export interface NewMessage {
  /** The name of a durable topic exchange; the driver declares it at its first use. */
  exchange: string;
  /** Words divided by dots, at most 255 bytes of UTF-8. */
  routingKey: string;
  body: Buffer;
  /** The identity that consumers see; null publishes without one. */
  messageId: string | null;
  contentType: string | null;
  headers: Readonly<Record<string, string>> | null;
  /** Milliseconds since the Unix epoch. */
  timestamp: number;
}

/** What to consume, and how failures are to wait. */
export interface Subscription {
  /** The name of a durable topic exchange. */
  exchange: string;
  /**
   * A durable queue that all replicas share; it is never deleted. Null: a queue of this process's own, whose retries
   * reach no other process, and whose life is the driver's to choose (RabbitMQ: it ends with the connection, what waits
   * for a process that ends becomes a dead letter, and all processes share the dead letters; embedded: it stays).
   */
  queue: string | null;
  /** Binding keys: words divided by dots, `*` stands for one word, `#` for none or more. */
  bindings: readonly string[];
  /** The most deliveries that are unsettled at once. */
  prefetch: number;
  /** The delays that a retry can ask for, milliseconds, ascending; each is one delay queue. */
  retryDelaysMs: readonly number[];
}

/**
 * What a message keeps while it waits for its next attempt: written into it by the retry, read back with the delivery.
 */
export interface Progress {
  /** The attempts that count and have failed so far: 0 at first. */
  failures: number;
  /** Milliseconds since the Unix epoch; that of this delivery where it is the first. */
  firstSeenAt: number;
  /** Those that have the message already (names of sinks). */
  done: readonly string[];
  /** Names this message over all its attempts: its message id, else a random id given when it first failed. */
  trace: string | null;
}

/** A message in hand: unsettled until the handler's verdict. */
export interface Delivery {
  exchange: string;
  /** That of the publisher, also after a retry or a resend. */
  routingKey: string;
  body: Buffer;
  messageId: string | null;
  contentType: string | null;
  /** The publisher's headers; values that are neither text nor number nor boolean are left out. */
  headers: Readonly<Record<string, string>>;
  /** True when it may have been in somebody's hands before, whose verdict is not known. */
  redelivered: boolean;
  progress: Progress;
}

/** Why a message failed, as a dead letter keeps it. */
export interface FailureReason {
  /** Of ERROR_CODES, or DELIVERY_LIMIT when the broker gave it up. */
  code: string;
  /** A sentence without payload or secret. */
  message: string;
}

/** What is to become of a delivery. */
export type Verdict =
  | { kind: 'done' }
  /** Comes back after `delayMs`, one of the subscription's, with `progress` in it. */
  | { kind: 'retry'; delayMs: number; progress: Progress; reason: FailureReason }
  | { kind: 'dead'; progress: Progress; reason: FailureReason };

/** A message that nobody could process, kept until it is sent again or discarded. */
export interface DeadLetter {
  /** Stays the same while the letter lies there. */
  id: string;
  exchange: string;
  routingKey: string;
  body: Buffer;
  messageId: string | null;
  headers: Readonly<Record<string, string>>;
  reason: FailureReason;
  /** Attempts that failed. */
  attempts: number;
  /** Milliseconds since the Unix epoch. */
  firstSeenAt: number;
  /** When it was given up, milliseconds since the Unix epoch. */
  diedAt: number;
}

export interface DeadLetterPage {
  /** How many lie there in all. */
  total: number;
  /** The oldest first. */
  letters: DeadLetter[];
  /** Give it as `after` to go on; null when nothing follows. */
  next: string | null;
}

export interface ResendResult {
  /** Sent again, or (dry run) what would be. */
  ids: string[];
  /** Asked for by id and not there. */
  missing: string[];
  /** True when a deadline or the bound ended the round before all that was asked for: call again. */
  more: boolean;
}

/**
 * The dead letters of one subscription. Calls are served one after the other. Each fails with EXCHANGE_UNAVAILABLE
 * where the driver cannot tell in time: what it answers is never a part taken for the whole.
 */
export interface DeadLetters {
  /**
   * Without `after` from the oldest on. Pages hold at most `limit` letters and about 16 MiB of bodies.
   * @throws AppError VALIDATION_FAILED when `after` is not what an earlier page gave
   */
  list(page: { limit: number; after: string | null }): Promise<DeadLetterPage>;
  /** @throws AppError DEAD_LETTER_UNKNOWN */
  get(id: string): Promise<DeadLetter>;
  /**
   * Puts letters back into the queue they died in, as new messages with their first routing key, headers and message
   * id. `failures` begins at 0 again; the rest of the progress stays, so that who has the message is not asked again.
   * Each leaves the dead letters only when it is safely back. `ids` null means all that lay there at the call. Where
   * processes have queues of their own, it is the queue of the one that is asked.
   */
  resend(request: { ids: readonly string[] | null; dryRun: boolean }): Promise<ResendResult>;
  /** Deletes one for good. @throws AppError DEAD_LETTER_UNKNOWN */
  discard(id: string): Promise<void>;
}

/** A running subscription. */
export interface Consumer {
  /**
   * `connecting` until the queue exists, is bound and delivers, and again whenever the connection is lost; `paused`
   * when asked to; `stopped` for good.
   */
  readonly state: 'connecting' | 'consuming' | 'paused' | 'stopped';
  /** Why it is still `connecting`; null otherwise. TOPOLOGY_MISMATCH needs a person; the driver keeps trying. */
  readonly trouble: AppError | null;
  /** The queue that it takes from; null while it has no name yet. */
  readonly queue: string | null;
  readonly deadLetters: DeadLetters;
  /** No new deliveries until `resume`; those in hand go on. */
  pause(): void;
  resume(): void;
  /**
   * Takes no more and waits until every delivery in hand is settled, `deadlineMs` (milliseconds from now) at most.
   * Answers how many were left unsettled: they will be delivered again.
   */
  stop(deadlineMs: number): Promise<number>;
}

/** Must not reject; a rejection is logged and taken as a retry after the longest delay. */
export type Handler = (delivery: Delivery) => Promise<Verdict>;

/**
 * Publishes to and consumes from topic exchanges; nothing confirmed is lost.
 *
 * Every driver keeps these promises (test/contracts/message-exchange.contract.ts):
 * - `publish` resolves when every queue that is bound has the message safe: it outlives the process, and the broker's
 *   restart where the queue is durable;
 * - a message that no queue is bound for is refused with UNROUTABLE and is nowhere;
 * - every message reaches each bound queue once, and is delivered until a verdict about it is carried out: at least
 *   once, with `redelivered` set whenever it may have been seen before;
 * - `done` forgets the message; `retry` and `dead` first put it where it waits, safely, and only then take it from the
 *   queue, so a crash between leaves it in both, never in none;
 * - a message that waits for its retry holds nobody up and takes no place of `prefetch`;
 * - the routing key, the message id, the body and the headers stay what the publisher gave, byte for byte;
 * - the process may die at any instant, any number of times: that alone never makes a message a dead letter;
 * - a lost connection is opened again for ever, with growing delays and jitter; what was in hand is delivered again.
 *
 * Not promised: order; that a message whose publish failed with OUTCOME_UNKNOWN is not there; that a message is
 * delivered once only.
 *
 * Who owns the connection: the driver, one for publishing and one for consuming. `close` ends running consumers too,
 * within its deadline.
 */
export abstract class MessageExchange extends Port {
  /**
   * Resolves when the message is safe.
   * @throws AppError UNROUTABLE, MESSAGE_TOO_LARGE, BUFFER_FULL (nothing was taken), EXCHANGE_UNAVAILABLE (not
   * published), TOPOLOGY_MISMATCH, OUTCOME_UNKNOWN (may have been published), STORAGE_FULL, SHUTTING_DOWN
   */
  abstract publish(message: NewMessage): Promise<void>;

  /**
   * Declares the exchange, the queue and its bindings, and hands each delivery to `handle`; at most one running
   * subscription per queue and process. Answers at once: `Consumer.state` tells when it delivers.
   */
  abstract consume(subscription: Subscription, handle: Handler): Consumer;
}
