import type { ErrorCode } from '../../core/errors.js';
import { brokerCode, refusalOf, rootOf } from './kafka-error.js';

/** What became of one `send()`. */
export type AttemptResult =
  | { kind: 'written'; baseOffset: number }
  /** It may be in the log. With `final` no further attempt can tell. */
  | { kind: 'ambiguous'; error: unknown; final: boolean }
  /** It is not in the log, and the same request would be refused again. */
  | { kind: 'refused'; error: unknown; code: ErrorCode; divisible: boolean }
  /** It is not in the log; another attempt may succeed. `left` is false when it never left the process. */
  | { kind: 'unwritten'; error: unknown; left: boolean };

/**
 * Answers that only a produce request gets, and that mean "not appended". Kept apart from codes that a metadata
 * request gets too: kafkajs asks for metadata after a failed send, and then throws that answer instead of its own.
 * NOT_LEADER_FOR_PARTITION is not among them: a leader that loses its office while it waits for replicas answers it
 * too, and what it had appended may live on at the next one.
 */
const NOT_APPENDED = new Set([
  'NOT_ENOUGH_REPLICAS',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
]);

const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** Kafka refuses a whole request for one such record. */
const BAD_RECORD = new Set([
  'INVALID_TIMESTAMP',
  'INVALID_RECORD',
  'CORRUPT_MESSAGE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'UNSUPPORTED_COMPRESSION_TYPE',
]);

export interface AttemptFacts {
  /** The request may have been written to a connection: one that never was is certainly not in the log. */
  left: boolean;
  /** The leader was to wait for its replicas (acks=all), not to answer when it had appended. */
  waits: boolean;
}

/** What a rejected `send()` means. What is not known to be harmless counts as ambiguous. */
export function resultOfError(error: unknown, { left, waits }: AttemptFacts): AttemptResult {
  if (!left) return { kind: 'unwritten', error, left };
  const code = brokerCode(error);
  if (code === undefined) return { kind: 'ambiguous', error, final: false };
  if (TOO_LARGE.has(code)) return { kind: 'refused', error, code: 'RECORD_TOO_LARGE', divisible: true };
  if (BAD_RECORD.has(code)) return { kind: 'refused', error, code: 'RECORD_REFUSED', divisible: true };
  if (NOT_APPENDED.has(code) || (code === 'NOT_LEADER_FOR_PARTITION' && !waits)) {
    return { kind: 'unwritten', error, left };
  }
  // Unwrapped, it is the answer to the produce request itself.
  const refusal = rootOf(error) === error ? refusalOf(code) : undefined;
  if (refusal) return { kind: 'refused', error, code: refusal, divisible: false };
  return { kind: 'ambiguous', error, final: code === 'DUPLICATE_SEQUENCE_NUMBER' };
}

/** Milliseconds before attempt number `attempt` (2 is the first retry): growing, to outlast the election of a leader. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const step = [300, 1200, 4000][Math.min(attempt - 2, 2)] ?? 4000;
  return Math.round(step * (0.8 + 0.4 * random()));
}
