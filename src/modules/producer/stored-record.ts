import { isUtf8 } from 'node:buffer';
import type { StoredRecord } from '../../ports/record-log.port.js';

/**
 * A record as JSON text: the value as JSON where it is JSON (its own text, so that numbers stay as they were sent),
 * else as a string, else, where it is not UTF-8 either, as `{"base64": "..."}`; the key likewise, never as JSON.
 */
export function storedRecordText({
  partition,
  offset,
  key,
  value,
  timestamp,
  headers,
}: StoredRecord): string {
  const time = JSON.stringify(new Date(timestamp).toISOString());
  return `{"partition":${partition},"offset":${offset},"key":${bytesText(key)},"value":${valueText(value)},"timestamp":${time},"headers":${JSON.stringify(headers)}}`;
}

function valueText(value: Buffer | null): string {
  if (value === null || !isUtf8(value)) return bytesText(value);
  const text = value.toString('utf8');
  try {
    JSON.parse(text);
    return text;
  } catch {
    return JSON.stringify(text);
  }
}

function bytesText(bytes: Buffer | null): string {
  if (bytes === null) return 'null';
  return isUtf8(bytes) ? JSON.stringify(bytes.toString('utf8')) : `{"base64":"${bytes.toString('base64')}"}`;
}
