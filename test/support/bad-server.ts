import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestCertificate } from './certificate.js';

/** What the server does with a request that it has read whole. */
export type Behaviour = (response: ServerResponse, request: SeenRequest) => void;

export interface SeenRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The connection it came on, numbered from 1. */
  connection: number;
}

/** A real HTTP server that misbehaves when asked to. */
export class BadServer {
  readonly seen: SeenRequest[] = [];
  /** What the next requests get, one each; then `behave`. */
  next: Behaviour[] = [];
  behave: Behaviour = status(200);
  private readonly sockets = new Set<Socket>();
  private readonly numbers = new WeakMap<Socket, number>();
  private opened = 0;
  private numbered = 0;

  private constructor(private readonly server: ReturnType<typeof createServer>) {
    server.on('connection', (socket: Socket) => {
      this.opened += 1;
      this.sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
    });
    server.on('request', (request, response) => void this.serve(request, response));
  }

  static async listen({ tls, port = 0 }: { tls?: TestCertificate; port?: number } = {}): Promise<BadServer> {
    const server = tls ? createTlsServer(tls) : createServer();
    const bad = new BadServer(server);
    await once(server.listen(port, '127.0.0.1'), 'listening');
    return bad;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Connections opened so far. */
  get connections(): number {
    return this.opened;
  }

  /** Connections that are open now. */
  get openConnections(): number {
    return this.sockets.size;
  }

  url(path = '/'): URL {
    const scheme = 'setSecureContext' in this.server ? 'https' : 'http';
    return new URL(path, `${scheme}://127.0.0.1:${this.port}`);
  }

  /** Cuts every connection: politely (FIN), or with RST. */
  cutConnections(how: 'fin' | 'rst'): void {
    for (const socket of this.sockets) {
      if (how === 'fin') socket.end();
      else breakOff(socket);
    }
  }

  /** Cuts every connection and listens no more. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cutConnections('rst');
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => undefined);
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // cut off half-way
    }
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
      connection: this.numberOf(request.socket),
    };
    this.seen.push(seen);
    (this.next.shift() ?? this.behave)(response, seen);
  }

  private numberOf(socket: Socket): number {
    const known = this.numbers.get(socket) ?? (this.numbered += 1);
    this.numbers.set(socket, known);
    return known;
  }
}

/** Those that were begun: for `afterAll`, which also runs when `beforeAll` failed half-way. */
export async function closeAll(servers: readonly ({ close(): Promise<void> } | undefined)[]): Promise<void> {
  await Promise.all(servers.map(async (server) => server?.close()));
}

/** By RST; TLS can only close. */
function breakOff(socket: Socket | null): void {
  try {
    socket?.resetAndDestroy();
  } catch {
    socket?.destroy();
  }
}

/** A short answer, `ok` or the status's number. */
export function status(code: number, headers: Record<string, string> = {}, body?: string): Behaviour {
  const text = body ?? (code === 200 ? 'ok' : String(code));
  return (response) => response.writeHead(code, headers).end(code === 204 || code === 304 ? undefined : text);
}

/** No answer, ever. */
export const hang: Behaviour = () => undefined;

/** A head, some of the body, then nothing more. */
export const hangInBody: Behaviour = (response) => {
  response.writeHead(200, { 'content-length': '100' }).write('the beginning');
};

/** RST instead of an answer. */
export const reset: Behaviour = (response) => breakOff(response.socket);

/** FIN instead of an answer. */
export const hangUp: Behaviour = (response) => response.socket?.end();

/** A head, some of the body, then RST once those have left. */
export const resetInBody: Behaviour = (response) => {
  response.writeHead(201, { 'content-length': '100' });
  response.write('the beginning', () => setTimeout(() => breakOff(response.socket), 20));
};

/** One byte each `everyMs`, `bytes` of them. */
export function slowBody(bytes: number, everyMs: number): Behaviour {
  return (response) => {
    let left = bytes;
    const timer = setInterval(() => {
      left -= 1;
      if (left > 0) response.write('.');
      else response.end('.');
      if (left === 0) clearInterval(timer);
    }, everyMs);
    response
      .on('close', () => clearInterval(timer))
      .writeHead(200)
      .flushHeaders();
  };
}

/** A body for as long as anybody reads. */
export const endlessBody: Behaviour = (response) => {
  const piece = Buffer.alloc(16 * 1024, 'x');
  const more = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', more).writeHead(200);
  more();
};

/** Headers of so many bytes. */
export function hugeHeaders(bytes: number): Behaviour {
  return (response) => {
    const lines = Array.from({ length: Math.ceil(bytes / 1000) }, (_, i) => `x-${i}: ${'h'.repeat(990)}\r\n`);
    response.socket?.write(`HTTP/1.1 200 OK\r\n${lines.join('')}content-length: 0\r\n\r\n`);
  };
}

/** These bytes and no others. */
export function raw(text: string): Behaviour {
  return (response) => response.socket?.end(text);
}

/** Answers, and breaks the connection as if it had been idle for too long. */
export const answerAndReset: Behaviour = (response) => {
  response.end('ok', () => setTimeout(() => breakOff(response.socket), 20));
};
