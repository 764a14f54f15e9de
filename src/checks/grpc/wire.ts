import type { IncomingHttpHeaders } from 'node:http2';

/** By number. Source: grpc/doc/statuscodes.md. */
const STATUSES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** Length-prefixed and not compressed. Source: grpc/doc/PROTOCOL-HTTP2.md. */
export function writeMessage(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** The one message of an answer; null when it is none, several, or compressed although we take no compression. */
export function readMessage(bytes: Buffer): Buffer | null {
  if (bytes.length < 5 || bytes[0] !== 0) return null;
  const message = bytes.subarray(5);
  return message.length === bytes.readUInt32BE(1) ? message : null;
}

/** What headers and trailers say against the call, in words; null: it succeeded. */
export function statusIn(headers: IncomingHttpHeaders): string | null {
  const { ':status': http, 'grpc-status': grpc, 'grpc-message': message = '' } = headers;
  if (grpc === '0') return null;
  if (grpc === undefined) return `No gRPC is spoken there: it answered ${String(http ?? 'nothing')}.`;
  const name = STATUSES[Number(grpc)] ?? `status ${String(grpc)}`;
  return message === '' ? `${name}.` : `${name}: ${decoded(String(message))}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
