import { AppError } from './errors.js';
import { skipSpace, skipValue } from './json-text.js';

const MIB = 1024 * 1024;
/** Of a payload file, bytes. */
export const MOST_PAYLOAD_BYTES = 8 * MIB;
/** Of all payload files of a process together, bytes. */
export const MOST_PAYLOAD_FILES_BYTES = 64 * MIB;

/**
 * Where the payloads of a file lie: the i-th, the JSON text of an object, from byte `2i` to byte `2i + 1` of the answer.
 *
 * @param shownPath how a person knows the file: it stands in every message.
 * @throws AppError PAYLOAD_FILE_UNUSABLE in the words of the propagator's contract.
 */
export function payloadBounds(bytes: Uint8Array, shownPath: string): Uint32Array<ArrayBuffer> {
  checkJson(bytes, shownPath);
  // A character a byte: all that JSON is made of is ASCII, and nothing else in UTF-8 has such bytes.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const start = skipSpace(text, text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0);
  if (text[start] !== '[') throw new AppError('PAYLOAD_FILE_UNUSABLE', 'Payload file must be a JSON array');
  const bounds: number[] = [];
  let areObjects = true;
  for (let at = skipSpace(text, start + 1); text[at] !== ']';) {
    const to = skipValue(text, at);
    bounds.push(at, to);
    areObjects &&= text[at] === '{';
    at = skipSpace(text, to);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  if (bounds.length === 0) throw new AppError('PAYLOAD_FILE_UNUSABLE', 'Payload file is empty');
  if (!areObjects) throw new AppError('PAYLOAD_FILE_UNUSABLE', 'Each payload must be a JSON object');
  return Uint32Array.from(bounds);
}

const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

/** The payloads of a file, each as it is written there. */
export class PayloadList {
  private readonly bytes: Buffer;

  constructor(
    bytes: Uint8Array,
    private readonly bounds: Uint32Array,
  ) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bounds.length / 2;
  }

  /** Of the file. */
  get byteLength(): number {
    return this.bytes.length;
  }

  at(index: number): string {
    return this.bytes.toString('utf8', this.bounds[2 * index], this.bounds[2 * index + 1]);
  }
}

/** Valid JSON, in UTF-8 with or without a byte order mark. What is wrong with it is never quoted. */
function checkJson(bytes: Uint8Array, shownPath: string): void {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new AppError('PAYLOAD_FILE_UNUSABLE', `Payload file contains invalid JSON: ${shownPath}`);
  }
}

/** Why a payload file cannot be read at all, in words; `error` is the file system's. */
export function unreadable(error: unknown, shownPath: string): AppError {
  const { code } = error as NodeJS.ErrnoException;
  const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
  const what = isMissing ? 'not found' : `cannot be read${code ? ` (${code})` : ''}`;
  return new AppError('PAYLOAD_FILE_UNUSABLE', `Payload file ${what}: ${shownPath}`, { cause: error });
}

/**
 * @param otherBytes of the other payload files.
 * @throws AppError PAYLOAD_FILE_UNUSABLE for what cannot be a payload file.
 */
export function checkPayloadFile(
  stat: { isFile(): boolean; size: number | bigint },
  shownPath: string,
  otherBytes: number,
): void {
  const refuse = (why: string) => new AppError('PAYLOAD_FILE_UNUSABLE', `Payload file ${why}: ${shownPath}`);
  if (!stat.isFile()) throw refuse('is not a regular file');
  if (stat.size > MOST_PAYLOAD_BYTES) throw refuse('is larger than 8 MiB');
  if (otherBytes + Number(stat.size) > MOST_PAYLOAD_FILES_BYTES)
    throw refuse('makes all payload files together larger than 64 MiB');
}
