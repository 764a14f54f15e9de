import { AppError } from '../core/errors.js';
import { failureOf, type RecordResult } from './answers.js';

/** How a batch ended as a whole. */
export interface BatchStatus {
  /** 200 all written, 207 some, else the error's. */
  status: number;
  written: number;
  /** Set when nothing was written: what the whole answers. */
  error?: AppError;
}

/**
 * The status tells the truth. Of a batch of which nothing was written: 504 if anything may have been written after
 * all, else 503 if sending it again may help, else the first record's own error.
 */
export function batchStatus(results: readonly RecordResult[]): BatchStatus {
  const failures = results.flatMap((result) => failureOf(result) ?? []);
  const written = results.length - failures.length;
  const [first] = failures;
  if (!first) return { status: 200, written };
  if (written > 0) return { status: 207, written };
  const worst =
    failures.find(({ code }) => code === 'OUTCOME_UNKNOWN') ??
    failures.find(({ retryable }) => retryable) ??
    first;
  return { status: worst.status, written, error: worst };
}
