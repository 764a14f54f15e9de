import { createServer, type AddressInfo } from 'node:net';
import { BSON } from 'mongodb';

export interface FakeMongo {
  port: number;
  /** Documents that came. */
  asked: Record<string, unknown>[];
  close(): Promise<void>;
}

type Answer = (asked: Record<string, unknown>) => Record<string, unknown>;

/** Speaks the wire protocol of MongoDB (OP_QUERY, OP_MSG) and says whatever a test wants it to say. */
export async function startFakeMongo(answer: Answer): Promise<FakeMongo> {
  const asked: Record<string, unknown>[] = [];
  const server = createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= bytes.readInt32LE(0)) {
        const message = bytes.subarray(0, bytes.readInt32LE(0));
        bytes = bytes.subarray(message.length);
        const document = documentIn(message);
        asked.push(document);
        socket.write(reply(message.readInt32LE(4), { ...HELLO, ...answer(document) }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { port: (server.address() as AddressInfo).port, asked, close };
}

const HELLO = { ok: 1, isWritablePrimary: true, helloOk: true, minWireVersion: 0, maxWireVersion: 21 };

/** OP_QUERY (2004) has flags, a name and two numbers before it; OP_MSG flags and a section's kind. */
function documentIn(message: Buffer): Record<string, unknown> {
  const at = message.readInt32LE(12) === 2004 ? message.indexOf(0, 20) + 9 : 21;
  return BSON.deserialize(message.subarray(at, at + message.readInt32LE(at)));
}

function reply(to: number, document: Record<string, unknown>): Buffer {
  const body = BSON.serialize(document);
  const head = Buffer.alloc(21);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(to, 8);
  head.writeInt32LE(2013, 12);
  return Buffer.concat([head, body]);
}
