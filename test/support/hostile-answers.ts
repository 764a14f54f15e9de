import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface RawServer {
  port: number;
  close(): Promise<void>;
}

/** Answers the n-th piece that a client sends with the n-th of these; the last one goes on for ever. */
export async function startRawServer(answers: readonly Buffer[]): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let pieces = 0;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', () => {
      socket.write(answers[Math.min(pieces, answers.length - 1)]!);
      pieces += 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function message(type: string, payload: Buffer | string): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(Buffer.byteLength(payload) + 4, 1);
  return Buffer.concat([head, Buffer.from(payload)]);
}

const IDLE = message('Z', 'I');
const done = (words: string) => Buffer.concat([message('C', `${words}\0`), IDLE]);

/** A login, two statements, and one row with one timestamp. Source: PostgreSQL, Message Formats. */
function timestampOf(digits: number): Buffer[] {
  const type = Buffer.alloc(18);
  type.writeInt32BE(1114, 6); // timestamp
  type.writeInt16BE(8, 10);
  type.writeInt32BE(-1, 12);
  const description = Buffer.concat([Buffer.from([0, 1]), Buffer.from('when\0'), type]);
  const length = Buffer.alloc(6);
  length.writeInt16BE(1);
  length.writeInt32BE(digits, 2);
  const row = Buffer.concat([length, Buffer.alloc(digits, '1')]);
  const parts = [message('1', ''), message('2', ''), message('T', description), message('D', row)];
  const login = Buffer.concat([message('R', Buffer.alloc(4)), IDLE]);
  return [login, done('BEGIN'), done('SET'), Buffer.concat([...parts, done('SELECT 1')])];
}

function amqpFrame(method: readonly number[], payload: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from([0, method[0]!, 0, method[1]!]), payload]);
  const head = Buffer.from([1, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length, 3);
  return Buffer.concat([head, body, Buffer.from([0xce])]);
}

function longText(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
}

/** Start, Tune and OpenOk, then what is no frame. Source: AMQP 0-9-1. */
function amqpThen(garbage: Buffer): Buffer[] {
  const start = Buffer.concat([
    Buffer.from([0, 9, 0, 0, 0, 0]),
    longText('PLAIN AMQPLAIN'),
    longText('en_US'),
  ]);
  const openOk = amqpFrame([10, 41], Buffer.from([0]));
  return [
    amqpFrame([10, 10], start),
    amqpFrame([10, 30], Buffer.alloc(8)),
    Buffer.concat([openOk, garbage]),
    garbage,
  ];
}

const hex = (text: string) => [Buffer.from(text.replaceAll(' ', ''), 'hex')];

/** What a server answers, by the type of check that asks it. */
export const HOSTILE: readonly { type: string; what: string; answers: Buffer[] }[] = [
  { type: 'postgres', what: 'asks for GSSAPI', answers: hex('52 00000008 00000007') },
  { type: 'postgres', what: 'goes on with GSSAPI', answers: hex('52 00000008 00000008') },
  { type: 'postgres', what: 'sends an error without fields', answers: hex('45 00000004') },
  { type: 'postgres', what: 'sends a notice without end', answers: hex('4e 00000005 53') },
  { type: 'postgres', what: 'sends a frame of no length', answers: hex('5a 00000000') },
  { type: 'postgres', what: 'sends a timestamp of 100,000 digits', answers: timestampOf(100_000) },
  { type: 'mongodb', what: 'sends a frame of no length', answers: hex('00000000') },
  { type: 'mongodb', what: 'sends a frame of negative length', answers: hex('ffffffff') },
  { type: 'kafka-producer', what: 'sends a frame of negative length', answers: hex('ffffffff') },
  { type: 'kafka-producer', what: 'sends a frame of no length', answers: hex('00000000') },
  { type: 'rabbitmq', what: 'sends garbage after OpenOk', answers: amqpThen(Buffer.alloc(64, 0xff)) },
  {
    type: 'rabbitmq',
    what: 'sends a frame of 4 GiB',
    answers: amqpThen(Buffer.from('0100 00ff ffff ff'.replaceAll(' ', ''), 'hex')),
  },
  { type: 'mysql', what: 'sends an empty greeting', answers: hex('00000000') },
  { type: 'redis', what: 'sends arrays of negative length', answers: [Buffer.from('*-9\r\n$-9\r\n')] },
  { type: 'redis', what: 'sends nested arrays without end', answers: [Buffer.from('*1\r\n'.repeat(20_000))] },
  { type: 'grpc', what: 'sends no HTTP/2', answers: [Buffer.alloc(500, 0xff)] },
  {
    type: 'http-keyword',
    what: 'sends gzip that is none',
    answers: [
      Buffer.from(
        'HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\xff\xff',
        'latin1',
      ),
    ],
  },
];

/** The config with which a type asks a port of this machine. */
export function configAt(type: string, port: number): Record<string, unknown> {
  const host = '127.0.0.1';
  const configs: Record<string, Record<string, unknown>> = {
    postgres: {
      database_connection_string: `postgres://u:p@${host}:${port}/d`,
      database_query: 'SELECT now()',
    },
    mongodb: { connectionString: `mongodb://${host}:${port}/d` },
    'kafka-producer': { brokers: [`${host}:${port}`], topic: 't', message: 'm' },
    rabbitmq: { nodes: [`amqp://${host}:${port}/`] },
    mysql: { connection_string: `mysql://u:p@${host}:${port}/d` },
    redis: { databaseConnectionString: `redis://${host}:${port}` },
    grpc: { host, port },
    'http-keyword': { url: `http://${host}:${port}/`, keyword: 'ok' },
  };
  return configs[type]!;
}
