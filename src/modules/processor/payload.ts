import { isUtf8 } from 'node:buffer';
import { AppError } from '../../core/errors.js';
import { longTextOf, walkLong } from '../../core/long-json.js';

/**
 * The text of a payload that is any JSON value, as its sender wrote it.
 * @throws AppError MESSAGE_TOO_LARGE, PAYLOAD_NOT_UTF8, PAYLOAD_NOT_JSON: it will never be anything else
 */
export function payloadText(body: Buffer, maxBytes: number): string {
  checkBytes(body, maxBytes);
  const text = body.toString('utf8');
  try {
    JSON.parse(text);
    return text;
  } catch (error) {
    throw new AppError('PAYLOAD_NOT_JSON', notJson(body.length, (error as Error).message));
  }
}

/** The same of a payload that is too long to be parsed in one go, with other work done in between. */
export async function longPayloadText(body: Buffer, maxBytes: number): Promise<string> {
  checkBytes(body, maxBytes);
  const text = await longTextOf(body);
  const { errorAt } = await walkLong(text);
  if (errorAt !== null) throw new AppError('PAYLOAD_NOT_JSON', notJson(body.length, `position ${errorAt}`));
  return text;
}

function checkBytes(body: Buffer, maxBytes: number): void {
  if (body.length > maxBytes)
    throw new AppError(
      'MESSAGE_TOO_LARGE',
      `The payload has ${body.length} bytes, PROCESSOR_MAX_BYTES allows ${maxBytes}.`,
    );
  if (!isUtf8(body)) throw new AppError('PAYLOAD_NOT_UTF8', 'The payload is not UTF-8.');
}

/** V8's own message quotes the payload, which may hold secrets: only the place is told. */
function notJson(bytes: number, reason: string): string {
  if (bytes === 0) return 'The payload is empty; it must be JSON.';
  const at = /position (\d+)/.exec(reason)?.[1];
  return at === undefined ? 'The payload is not JSON.' : `The payload is not JSON (character ${at}).`;
}
