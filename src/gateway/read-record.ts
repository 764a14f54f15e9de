import { AppError } from '../core/errors.js';
import { memberText, OPEN_BRACE, OPEN_BRACKET } from '../core/json-text.js';
import { LONG_TEXT } from '../core/long-json.js';
import { LongValue } from '../http/bounded-json.js';
import type { NewRecord } from '../ports/record-log.port.js';
import { ENRICHED, type Enrichment } from './enrichment.js';
import { RECORD_FIELDS, recordErrors, type RecordBody } from './record.schema.js';

/** One record of a request: its text, what the text parses to, and where it lies in the body. */
export interface RecordSource {
  text: string;
  value: unknown;
  at: (string | number)[];
  /** The text of its message, where it has been found already. */
  message?: string;
}

/** What is checked, or what is wrong with it; `topic` as far as the sender gave one. */
export type ReadRecord =
  { ok: true; record: NewRecord } | { ok: false; topic: string | null; error: AppError };

/** Checks and enriches one record. `now` is the record's time unless the sender gave one. */
export function readRecord(
  { text, value, at, message }: RecordSource,
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
      value: body.message === null ? null : enrichment.body(message ?? messageText(text), body.message),
      headers: enrichment.headers(body.headers ?? null),
      timestamp: timeOf(body.timestamp, now),
    },
  };
}

/**
 * The same of a record that is too long to be parsed in one go: its message is checked, and never parsed.
 * @throws AppError MALFORMED_JSON
 */
export async function readLongRecord(
  long: LongValue,
  at: (string | number)[],
  enrichment: Enrichment,
  now: number,
): Promise<ReadRecord> {
  const { members } = await long.walk(RECORD_FIELDS);
  if (long.text.trimStart().charCodeAt(0) !== OPEN_BRACE)
    return readRecord({ text: '', value: [], at }, enrichment, now);
  const value: Record<string, unknown> = {};
  let message: string | undefined;
  for (const [name, { from, to }] of members) {
    const text = long.text.slice(from, to);
    if (name === 'message') message = text;
    if (text.length <= LONG_TEXT) value[name] = JSON.parse(text);
    else if (name === 'message') value[name] = await standIn(text);
    else return { ok: false, topic: topicOf(value), error: fieldTooLong(name) };
  }
  return readRecord({ text: long.text, value, at, message }, enrichment, now);
}

/** In place of a message: of its kind, and with those members that the enrichment asks for. */
async function standIn(text: string): Promise<unknown> {
  const first = text.charCodeAt(0);
  if (first === OPEN_BRACKET) return [];
  if (first !== OPEN_BRACE) return 0;
  const { members, isEmpty } = await new LongValue(text, 0).walk(ENRICHED);
  const names = isEmpty || members.size > 0 ? [...members.keys()] : ['other'];
  return Object.fromEntries(names.map((name) => [name, null]));
}

function fieldTooLong(name: string): AppError {
  const text = `${name}: A field beside the message has at most ${LONG_TEXT / 1024} KiB of JSON.`;
  return new AppError('RECORD_TOO_LARGE', text);
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
