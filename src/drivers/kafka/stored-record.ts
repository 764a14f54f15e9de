import type { IHeaders, KafkaMessage } from 'kafkajs';
import type { StoredRecord } from '../../ports/record-log.port.js';

/** A record as kafkajs reads it, in the port's shape. Of a header that is there twice the last one counts. */
export function storedRecord(partition: number, message: KafkaMessage): StoredRecord {
  return {
    partition,
    offset: Number(message.offset),
    key: message.key,
    value: message.value,
    timestamp: Number(message.timestamp),
    headers: headersOf(message.headers),
  };
}

function headersOf(headers: IHeaders | undefined): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, given] of Object.entries(headers ?? {})) {
    const value = Array.isArray(given) ? given.at(-1) : given;
    if (value !== undefined && value !== null) found[name] = value.toString();
  }
  return found;
}

/** What a stored record takes of a page, about. */
export function storedBytes({ key, value }: StoredRecord): number {
  return (key?.length ?? 0) + (value?.length ?? 0) + 100;
}
