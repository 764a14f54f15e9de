import { createServer, type AddressInfo, type Socket } from 'node:net';
import { BSON } from 'mongodb';

/** How a server of one protocol greets, and what it answers to the bytes of a client: words that repeat `secret`. */
export interface Echo {
  greeting?: (words: string) => Buffer;
  answer?: (data: Buffer, words: string) => Buffer | null;
}

/** A server that refuses every login in words that repeat the secret that it was sent, as a proxy or a debug build may. */
export async function startEcho({ greeting, answer }: Echo, words: string) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    if (greeting) socket.write(greeting(words));
    socket.on('data', (data) => {
      const said = answer?.(data, words);
      if (said) socket.write(said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

const int16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
const int32 = (value: number) => Buffer.concat([int16((value >>> 16) & 0xffff), int16(value & 0xffff)]);

export const redisEcho: Echo = {
  answer: (data, words) => {
    const commands = data.toString('latin1').match(/^\*\d+\r$/gm) ?? [];
    return Buffer.from(commands.map(() => `-ERR what is ${words}?\r\n`).join(''));
  },
};

/** Asks for the password in clear, then refuses it. Source: PostgreSQL's manual, "Message Formats". */
export const postgresEcho: Echo = {
  answer: (data, words) => {
    if (data[0] !== 0x70) return Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
    const fields = Buffer.from(`SFATAL\0VFATAL\0CXX000\0M${words}\0\0`);
    return Buffer.concat([Buffer.from('E'), int32(fields.length + 4), fields]);
  },
};

/** An ERR packet in place of a greeting. Source: MySQL's internals manual. */
export const mysqlEcho: Echo = {
  greeting: (words) => {
    const body = Buffer.concat([Buffer.from([0xff, 0x51, 0x04]), Buffer.from(`#HY000${words}`)]);
    return Buffer.concat([Buffer.from([body.length & 0xff, body.length >> 8, 0, 0]), body]);
  },
};

/** Source: MongoDB's manual, "MongoDB Wire Protocol". */
export const mongoEcho: Echo = {
  answer: (data, words) => {
    const isQuery = data.readInt32LE(12) === 2004;
    const body = BSON.serialize({ ok: 0, code: 1, errmsg: words });
    const head = Buffer.alloc(isQuery ? 36 : 21);
    head.writeInt32LE(head.length + body.length, 0);
    head.writeInt32LE(data.readInt32LE(4), 8);
    head.writeInt32LE(isQuery ? 1 : 2013, 12);
    if (isQuery) head.writeInt32LE(1, 32);
    return Buffer.concat([head, body]);
  },
};

function amqpMethod(classId: number, methodId: number, rest: Buffer): Buffer {
  const payload = Buffer.concat([int16(classId), int16(methodId), rest]);
  return Buffer.concat([Buffer.from([1, 0, 0]), int32(payload.length), payload, Buffer.from([0xce])]);
}

/** connection.start, then connection.close with the words. Source: AMQP 0-9-1. */
export const rabbitEcho: Echo = {
  answer: (data, words) => {
    const isHeader = data.toString('latin1', 0, 4) === 'AMQP';
    const start = Buffer.concat([
      Buffer.from([0, 9]),
      int32(0),
      int32(5),
      Buffer.from('PLAIN'),
      int32(5),
      Buffer.from('en_US'),
    ]);
    const text = Buffer.from(words);
    const close = Buffer.concat([int16(530), Buffer.from([text.length]), text, int16(10), int16(40)]);
    return isHeader ? amqpMethod(10, 10, start) : amqpMethod(10, 50, close);
  },
};

/** Knows ApiVersions, SaslHandshake and SaslAuthenticate, and refuses the last. Source: Kafka's protocol guide. */
export const kafkaEcho: Echo = {
  answer: (data, words) => {
    const [api, version] = [data.readInt16BE(4), data.readInt16BE(6)];
    const text = Buffer.from(words);
    const known = [
      [3, 0, 5],
      [17, 0, 1],
      [18, 0, 2],
      [36, 0, 1],
    ];
    const bodies: Record<number, Buffer[]> = {
      18: [int16(0), int32(known.length), ...known.flat().map(int16), ...(version > 0 ? [int32(0)] : [])],
      17: [int16(0), int32(1), int16(5), Buffer.from('PLAIN')],
      36: [int16(58), int16(text.length), text, int32(0), ...(version > 0 ? [int32(0), int32(0)] : [])],
    };
    const body = bodies[api];
    if (!body) return null;
    const answer = Buffer.concat([data.subarray(8, 12), ...body]);
    return Buffer.concat([int32(answer.length), answer]);
  },
};
