import type { AppError } from '../core/errors.js';
import { Pauses } from '../core/pauses.js';
import type { AppendOutcome } from '../ports/record-log.port.js';
import type { ReadRecord } from './read-record.js';

/** Results that become text in one go. */
const TEXTS_AT_ONCE = 1000;

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

/** The results of a batch as JSON text, with other work done in between: that of 10,000 bad records takes a while. */
export async function resultTexts(results: readonly RecordResult[]): Promise<string> {
  if (results.length <= TEXTS_AT_ONCE) return results.map(resultText).join(',');
  const texts: string[] = [];
  const pauses = new Pauses();
  for (let at = 0; at < results.length; at += TEXTS_AT_ONCE) {
    await pauses.ifDue();
    texts.push(
      results
        .slice(at, at + TEXTS_AT_ONCE)
        .map(resultText)
        .join(','),
    );
  }
  return texts.join(',');
}

function failureText(topic: string | null, { code, message, retryable, detail }: AppError): string {
  return JSON.stringify({ success: false, topic, error: { code, message, retryable, detail } });
}
