import type { AppError } from '../core/errors.js';
import type { AppendOutcome } from '../ports/record-log.port.js';
import type { ReadRecord } from './read-record.js';

export const SENT = 'Message sent successfully';
export const QUEUED = 'Queued for delivery';

/** What became of one record of a request: where it lies, why it does not, or that it waits. */
export type RecordResult =
  | { topic: string; outcome: AppendOutcome }
  | { topic: string; queued: true }
  | { topic: string | null; error: AppError };

/** What went wrong with a record, or undefined. */
export function failureOf(result: RecordResult): AppError | undefined {
  if ('error' in result) return result.error;
  return 'outcome' in result && !result.outcome.ok ? result.outcome.error : undefined;
}

/** The results of a request in its order: the log's outcomes between the records that never got so far. */
export function inRequestOrder(
  read: readonly ReadRecord[],
  outcomes: readonly AppendOutcome[],
): RecordResult[] {
  let next = 0;
  return read.map((item) =>
    item.ok ? { topic: item.record.topic, outcome: outcomes[next++] as AppendOutcome } : { ...item },
  );
}

/** One record's result as JSON text. Topic names need no escaping: the schema allows none of those characters. */
export function resultText(result: RecordResult): string {
  const error = failureOf(result);
  if (error) return failureText(result.topic, error);
  const text = `{"success":true,"topic":"${result.topic}","message":`;
  if (!('outcome' in result) || !result.outcome.ok) return `${text}"${QUEUED}"}`;
  const { partition, offset } = result.outcome;
  return `${text}"${SENT}","partition":${partition},"offset":${offset}}`;
}

function failureText(topic: string | null, { code, message, retryable, detail }: AppError): string {
  return JSON.stringify({ success: false, topic, error: { code, message, retryable, detail } });
}
