import { readFileSync } from 'node:fs';

/** What a server sends once the client has sent `after` bytes. */
export interface Reply {
  after: number;
  bytes: Buffer;
}

/** The server's side of one connection. */
export interface Script {
  replies: Reply[];
  /** After the last reply: `open` waits for the client to close, `endless` repeats the last reply. */
  end: 'open' | 'fin' | 'reset' | 'endless';
  /** Bytes in each write; 0: one write a reply. */
  piece: number;
}

/** One script for each connection, in the order of their arrival; further connections get the last one. */
export type Conversation = readonly Script[];

/** A file of `recordings`, written by `record.mjs`. */
interface Recording {
  /** The check and its config. */
  type: string;
  config: Record<string, unknown>;
  /** The port at which the check connected. */
  port: number;
  connections: { closes: boolean; replies: { after: number; base64: string }[] }[];
}

const FOLDER = new URL('./recordings/', import.meta.url);

/** A conversation that a check passes, and the check. */
export interface Good {
  type: string;
  config: Record<string, unknown>;
  conversation: Script[];
}

/** A recorded conversation, changed as if the server listened at `port`. */
export function readRecording(name: string, port: number): Good {
  const recording = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as Recording;
  const conversation = recording.connections.map(({ closes, replies }) => ({
    replies: replies.map(({ after, base64 }) => ({
      after,
      bytes: withPort(Buffer.from(base64, 'base64'), recording.port, port),
    })),
    end: closes ? ('fin' as const) : ('open' as const),
    piece: 0,
  }));
  const config = JSON.stringify(recording.config).replaceAll(String(recording.port), String(port));
  return { type: recording.type, config: JSON.parse(config) as Record<string, unknown>, conversation };
}

/** Kafka's metadata name the broker's port in 4 bytes: the client must connect to this server again. */
function withPort(bytes: Buffer, from: number, to: number): Buffer {
  const needle = Buffer.alloc(4);
  needle.writeInt32BE(from);
  for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 4))
    bytes.writeInt32BE(to, at);
  return bytes;
}

export function concat(replies: readonly Reply[]): Buffer {
  return Buffer.concat(replies.map(({ bytes }) => bytes));
}
