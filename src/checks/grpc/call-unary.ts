import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { closedAfter } from '../clients/closed-after.js';
import { hostPort } from '../clients/server-url.js';
import type { CheckContext } from '../define-check.js';
import { excerpt } from '../outcomes.js';
import { readMessage, statusIn, writeMessage } from './wire.js';

const MOST_BYTES = 1_048_576;

export interface GrpcServer {
  host: string;
  port: number;
  tls: false | { ca?: string; rejectUnauthorized: boolean };
}

export interface UnaryCall {
  /** `/package.Service/Method` */
  path: string;
  request: Buffer;
}

/**
 * The bytes of the answer. Over Node's HTTP/2 on a checked socket: gRPC's own client connects by itself, and does not
 * let go of a server that accepts and says nothing. @throws Error with the status in words, or of Node
 */
export async function callUnary(
  { host, port, tls }: GrpcServer,
  call: UnaryCall,
  { net, signal }: CheckContext,
): Promise<Buffer> {
  const way = { host, port, signal };
  const socket = await (tls ? net.connectTls(way, { ...tls, ALPNProtocols: ['h2'] }) : net.connect(way));
  const authority = `${tls ? 'https' : 'http'}://${hostPort(host, port)}`;
  const session = connect(authority, { createConnection: () => socket, maxSessionMemory: 2 });
  const close = (): void => {
    session.destroy();
    socket.destroy();
  };
  return closedAfter(signal, close, () => answerTo(session, call));
}

function answerTo(session: ClientHttp2Session, { path, request }: UnaryCall): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    let head: IncomingHttpHeaders = {};
    session.on('error', reject).on('close', () => reject(new Error('The server closed the connection.')));
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: path,
      te: 'trailers',
      'content-type': 'application/grpc',
      'grpc-accept-encoding': 'identity',
    });
    stream.on('error', reject);
    stream.on('response', (headers) => {
      head = headers;
    });
    stream.on('trailers', (trailers: IncomingHttpHeaders) => {
      head = { ...head, ...trailers };
    });
    stream.on('data', (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      if (bytes > MOST_BYTES) reject(new Error('The answer has more than 1 MiB.'));
    });
    stream.on('end', () => {
      const refused = statusIn(head);
      const message = readMessage(Buffer.concat(parts));
      if (refused !== null) reject(new Error(excerpt(refused, 500)));
      else if (message === null) reject(new Error('The answer is no message of gRPC.'));
      else resolve(message);
    });
    stream.end(writeMessage(request));
  });
}
