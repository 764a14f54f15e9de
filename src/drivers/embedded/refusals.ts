import { AppError } from '../../core/errors.js';

/** Why one record is not written, as the first of the two numbers that the worker answers for it. */
export const REFUSED = {
  /** The second number is how many partitions the topic has. */
  partition: -1,
  /** The second number is the limit. */
  tooLarge: -2,
  timestamp: -3,
  /** Its call failed in a way that is none of its neighbours' business. */
  failed: -4,
} as const;

/** The error of a refused record, in the same words in an answer and in a settled key. */
export function refusal(reason: number, detail: number): AppError {
  switch (reason) {
    case REFUSED.partition:
      return noSuchPartition(detail);
    case REFUSED.tooLarge:
      return new AppError('RECORD_TOO_LARGE', `The record is over the log's limit of ${detail} bytes.`);
    case REFUSED.timestamp:
      return new AppError('RECORD_REFUSED', 'The timestamp is not a whole number of milliseconds.');
    default:
      return new AppError('RECORD_LOG_UNAVAILABLE', 'The embedded log could not write the record.');
  }
}

export function noSuchPartition(partitions: number): AppError {
  const has = partitions === 1 ? 'one partition, 0' : `partitions 0 to ${partitions - 1}`;
  return new AppError('PARTITION_UNKNOWN', `The topic has ${has}.`);
}
