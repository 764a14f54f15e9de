import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { selfSigned, type CertificateOptions } from './certificate.js';

export interface SeenRequest extends IncomingMessage {
  /** The body. */
  text: string;
}

/** Servers on 127.0.0.1 for checks to ask, with what they were asked. */
export class HttpTargets {
  readonly seen: SeenRequest[] = [];
  /** Connections that are open. */
  readonly sockets = new Set<Socket>();
  private readonly servers: Server[] = [];

  /** Answers its URL, without a slash at its end. */
  serve(answer: RequestListener): Promise<string> {
    return this.listen(createServer(this.recorded(answer)), 'http');
  }

  /** `clientCa`: who signs the certificates that clients must show. */
  async serveSecurely(
    answer: RequestListener,
    { clientCa, ...options }: CertificateOptions & { clientCa?: string } = {},
  ): Promise<{ url: string; ca: string }> {
    const own = selfSigned(options);
    const mutual = clientCa ? { ca: clientCa, requestCert: true, rejectUnauthorized: true } : {};
    const server = createSecureServer({ ...own, ...mutual }, this.recorded(answer));
    return { url: await this.listen(server, 'https'), ca: own.cert };
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const closed = this.servers.splice(0).map((server) => new Promise((done) => server.close(done)));
    await Promise.all(closed);
    this.seen.length = 0;
  }

  private recorded(answer: RequestListener): RequestListener {
    return (request, response) => {
      const seen = request as SeenRequest;
      this.seen.push(seen);
      seen.text = '';
      request.on('data', (chunk: Buffer) => (seen.text += chunk.toString()));
      request.on('end', () => answer(request, response));
    };
  }

  private async listen(server: Server, scheme: string): Promise<string> {
    this.servers.push(server);
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}
