import { AppError } from '../core/errors.js';
import { memberText } from '../core/json-text.js';
import type { NewRecord } from '../ports/record-log.port.js';
import type { Enrichment } from './enrichment.js';
import { recordErrors, type RecordBody } from './record.schema.js';

/** One record of a request: its text, what the text parses to, and where it lies in the body. */
export interface RecordSource {
  text: string;
  value: unknown;
  at: (string | number)[];
}

/** What is checked, or what is wrong with it; `topic` as far as the sender gave one. */
export type ReadRecord =
  { ok: true; record: NewRecord } | { ok: false; topic: string | null; error: AppError };

/** Checks and enriches one record. `now` is the record's time unless the sender gave one. */
export function readRecord(
  { text, value, at }: RecordSource,
  enrichment: Enrichment,
  now: number,
): ReadRecord {
  const errors = recordErrors(value, at);
  if (errors) {
    const [first] = errors;
    const message = `${first?.loc.slice(1).join('.') || 'record'}: ${first?.msg}`;
    return {
      ok: false,
      topic: topicOf(value),
      error: new AppError('VALIDATION_FAILED', message, { detail: errors }),
    };
  }
  const body = value as RecordBody;
  return {
    ok: true,
    record: {
      topic: body.topic,
      partition: body.partition ?? null,
      key: body.key ?? null,
      value: body.message === null ? null : enrichment.body(messageText(text), body.message),
      headers: enrichment.headers(body.headers ?? null),
      timestamp: timeOf(body.timestamp, now),
    },
  };
}

function messageText(text: string): string {
  return memberText(text, text.indexOf('{'), 'message') as string;
}

function timeOf(timestamp: RecordBody['timestamp'], now: number): number {
  if (timestamp === null || timestamp === undefined) return now;
  return typeof timestamp === 'number' ? timestamp : Date.parse(timestamp);
}

function topicOf(value: unknown): string | null {
  const topic = (value as { topic?: unknown } | null)?.topic;
  return typeof topic === 'string' ? topic.slice(0, 249) : null;
}
