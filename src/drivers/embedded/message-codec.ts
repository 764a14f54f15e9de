import type { DeadLetter, Delivery, NewMessage, Progress } from '../../ports/message-exchange.port.js';
import { FlatReader, FlatWriter, type Flat } from './flat.js';

/** What a message takes in the buffer and in the file besides its bytes. */
const OVERHEAD_BYTES = 200;

/** A message as the worker sees it; the bytes are views. */
export interface PackedMessage {
  timestamp: number;
  exchange: string;
  routingKey: Uint8Array;
  messageId: Uint8Array | null;
  contentType: Uint8Array | null;
  headers: Uint8Array | null;
  body: Uint8Array;
}

/** A delivery, and the message's id in the file. */
export interface Fetched {
  id: number;
  delivery: Delivery;
}

/** What counts against the bound of one message. */
export function sizeOf({ routingKey, messageId, contentType, headers, body }: NewMessage): number {
  const texts = routingKey + (messageId ?? '') + (contentType ?? '') + (headersText(headers) ?? '');
  return body.length + Buffer.byteLength(texts);
}

export function bufferedSizeOf(size: number): number {
  return size + OVERHEAD_BYTES;
}

function headersText(headers: NewMessage['headers']): string | null {
  if (headers === null) return null;
  const text = JSON.stringify(headers);
  return text === '{}' ? null : text;
}

export function packMessages(messages: readonly NewMessage[]): Flat {
  const writer = new FlatWriter();
  for (const { timestamp, exchange, routingKey, messageId, contentType, headers, body } of messages)
    writer
      .number(timestamp)
      .part(exchange)
      .part(routingKey)
      .part(messageId)
      .part(contentType)
      .part(headersText(headers))
      .part(body);
  return writer.pack();
}

export function* unpackMessages(flat: Flat): Generator<PackedMessage> {
  const reader = new FlatReader(flat);
  while (!reader.isOver)
    yield {
      timestamp: reader.number(),
      exchange: reader.text()!,
      routingKey: reader.part()!,
      messageId: reader.part(),
      contentType: reader.part(),
      headers: reader.part(),
      body: reader.part()!,
    };
}

/** The columns of a row of `messages`, in this order. */
export type MessageRow = [
  id: number,
  exchange: string,
  routingKey: Uint8Array,
  messageId: Uint8Array | null,
  contentType: Uint8Array | null,
  headers: Uint8Array | null,
  body: Uint8Array,
  progress: string | null,
];

/** Rows of which those up to `handedOut` may have been seen before. */
export function packRows(rows: readonly MessageRow[], handedOut: number): Flat {
  const writer = new FlatWriter();
  for (const [id, ...parts] of rows) {
    writer.number(id).number(id <= handedOut ? 1 : 0);
    for (const part of parts) writer.part(part);
  }
  return writer.pack();
}

/** Bodies are copied: a slow message must not keep all its neighbours' bytes. */
export function* unpackRows(flat: Flat): Generator<Fetched> {
  const reader = new FlatReader(flat);
  while (!reader.isOver) {
    const id = reader.number();
    const redelivered = reader.number() === 1;
    const content = unpackContent(reader);
    const progress = reader.text();
    yield { id, delivery: { ...content, redelivered, progress: progressOf(progress) } };
  }
}

function unpackContent(reader: FlatReader) {
  return {
    exchange: reader.text()!,
    routingKey: reader.text()!,
    messageId: reader.text(),
    contentType: reader.text(),
    headers: headersOf(reader.text()),
    body: Buffer.from(reader.part()!),
  };
}

function headersOf(text: string | null): Record<string, string> {
  return text === null ? {} : (JSON.parse(text) as Record<string, string>);
}

function progressOf(text: string | null): Progress {
  if (text !== null) return JSON.parse(text) as Progress;
  return { failures: 0, firstSeenAt: Date.now(), done: [], trace: null };
}

/** The columns of a row of `dead_letters`, in this order. */
export type LetterRow = [
  id: number,
  attempts: number,
  firstSeenAt: number,
  diedAt: number,
  exchange: string,
  routingKey: Uint8Array,
  messageId: Uint8Array | null,
  contentType: Uint8Array | null,
  headers: Uint8Array | null,
  body: Uint8Array,
  code: string,
  message: string,
];

export function packLetters(rows: readonly LetterRow[]): Flat {
  const writer = new FlatWriter();
  for (const [id, attempts, firstSeenAt, diedAt, ...parts] of rows) {
    writer.number(id).number(attempts).number(firstSeenAt).number(diedAt);
    for (const part of parts) writer.part(part);
  }
  return writer.pack();
}

export function* unpackLetters(flat: Flat): Generator<DeadLetter> {
  const reader = new FlatReader(flat);
  while (!reader.isOver) {
    const id = String(reader.number());
    const [attempts, firstSeenAt, diedAt] = [reader.number(), reader.number(), reader.number()];
    const { contentType: _contentType, ...content } = unpackContent(reader);
    const reason = { code: reader.text()!, message: reader.text()! };
    yield { id, ...content, reason, attempts, firstSeenAt, diedAt };
  }
}
