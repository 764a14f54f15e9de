import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';

/** A client closes its connection when it has no answer by then. */
const PATIENCE_MS = 30_000;
const RAW_PATIENCE_MS = 10_000;

export interface HostileRequest {
  path: string;
  headers: Record<string, string>;
  body: Buffer;
  /** Closes the connection after this time, with or without an answer. */
  leaveAfterMs?: number;
}

/** Posts on a connection of its own and reads the answer; its status, 0 without an answer. */
export function send(url: URL, hostile: HostileRequest): Promise<number> {
  const { path, headers, body, leaveAfterMs = PATIENCE_MS } = hostile;
  const options = {
    method: 'POST',
    agent: false,
    headers: { 'content-length': body.length, ...headers },
  };
  return new Promise((resolve) => {
    const sent = request(new URL(path, url), options, (response) => {
      const done = () => resolve(response.statusCode ?? 0);
      response.resume().on('end', done).on('error', done).on('close', done);
    });
    const timer = setTimeout(() => sent.destroy(), leaveAfterMs);
    sent
      .on('error', () => resolve(0))
      .on('close', () => {
        clearTimeout(timer);
        resolve(0);
      });
    sent.end(body);
  });
}

/** A connection that its caller closes; null when it was refused. */
async function open(url: URL): Promise<Socket | null> {
  const socket = connect(Number(url.port), url.hostname);
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return null;
  }
}

/** As many connections as were accepted. */
export async function openMany(url: URL, count: number): Promise<Socket[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => open(url)));
  return sockets.filter((socket) => socket !== null);
}

/** The head of a request. */
export function head(method: string, path: string, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Writes these bytes on a new connection; the status of the first answer, 0 without an answer. */
export async function sendRaw(url: URL, bytes: string | Buffer): Promise<number> {
  const socket = await open(url);
  if (!socket) return 0;
  const timer = setTimeout(() => socket.destroy(), RAW_PATIENCE_MS);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    if (text.length < 1_000) text += chunk.toString('latin1');
    socket.end();
  });
  const closed = once(socket, 'close');
  socket.write(bytes);
  await closed;
  clearTimeout(timer);
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}
