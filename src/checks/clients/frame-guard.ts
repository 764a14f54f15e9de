import type { Socket } from 'node:net';

/** How the frames of a protocol begin. */
export interface Framing {
  headBytes: number;
  /** Bytes of the whole frame, of which `head` is the beginning; null when no server that is well sends such a one. */
  lengthOf: (head: Buffer) => number | null;
}

const MOST_BYTES = 16 * 1_024 * 1_024;
const TOO_LONG = 'The answer has more than 16 MiB: ask for less.';
const IMPOSSIBLE = 'The server sends a frame of impossible length: it does not speak this protocol.';
const atLeast = (length: number, least: number) => (length >= least ? length : null);

/** Source: Apache Kafka protocol guide, "Protocol Primitives": a size, then at least the correlation id. */
export const KAFKA: Framing = {
  headBytes: 4,
  lengthOf: (head) => atLeast(head.readInt32BE(0) + 4, 8),
};

/** Source: MongoDB Wire Protocol, "Standard Message Header": 16 bytes, their own length first. */
export const MONGODB: Framing = {
  headBytes: 4,
  lengthOf: (head) => atLeast(head.readInt32LE(0), 16),
};

const [ERROR, NOTICE] = [0x45, 0x4e];

/** Source: PostgreSQL, "Message Formats": a type, then a length that counts itself. Errors end in a byte of their own. */
export const POSTGRES: Framing = {
  headBytes: 5,
  lengthOf: (head) => {
    const least = head[0] === ERROR || head[0] === NOTICE ? 5 : 4;
    const length = head.readInt32BE(1);
    return length < least ? null : atLeast(length + 1, 5);
  },
};

/** Breaks off a connection whose server sends a frame of impossible length, before the client sees it. */
export function guardFrames(socket: Socket, { headBytes, lengthOf }: Framing): void {
  const push = socket.push.bind(socket);
  let head = Buffer.alloc(0);
  /** Of the frame under way that are still to come. */
  let left = 0;
  /** What is wrong with it; null: nothing. */
  const faultIn = (chunk: Buffer): string | null => {
    let at = 0;
    while (at < chunk.length) {
      const step = Math.min(left, chunk.length - at);
      left -= step;
      at += step;
      if (at >= chunk.length) return null;
      const more = chunk.subarray(at, at + headBytes - head.length);
      head = Buffer.concat([head, more]);
      at += more.length;
      if (head.length < headBytes) return null;
      const length = lengthOf(head);
      head = Buffer.alloc(0);
      if (length === null) return IMPOSSIBLE;
      if (length > MOST_BYTES) return TOO_LONG;
      left = length - headBytes;
    }
    return null;
  };
  socket.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
    const fault = chunk === null ? null : faultIn(chunk);
    if (fault === null) return push(chunk, encoding);
    socket.destroy(new Error(fault));
    return false;
  };
}
