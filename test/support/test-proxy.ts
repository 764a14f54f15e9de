import { once } from 'node:events';
import { createServer, request as sendRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/** A real proxy, as small as one can be: forwards plain requests, and tunnels with CONNECT. */
export class TestProxy {
  /** `CONNECT host:port` or `POST http://...`, with what came as Proxy-Authorization. */
  readonly seen: { line: string; authorization: string | undefined }[] = [];
  /** Only these are served; undefined serves everybody. */
  wants: string | undefined;
  /** Takes connections, and says nothing. */
  silent = false;
  private readonly server = createServer();
  private readonly sockets = new Set<Socket>();

  static async listen(): Promise<TestProxy> {
    const proxy = new TestProxy();
    await once(proxy.server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  private constructor() {
    this.server.on('connection', (socket: Socket) => this.keep(socket));
    this.server.on('request', (request, response) => this.forward(request, response));
    this.server.on('connect', (request, socket) => this.tunnel(request, socket as Socket));
  }

  /** With user info where given, as HTTP_PROXY has it. */
  url(userInfo = ''): URL {
    const at = userInfo === '' ? '' : `${userInfo}@`;
    return new URL(`http://${at}127.0.0.1:${(this.server.address() as AddressInfo).port}`);
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private forward(request: IncomingMessage, response: ServerResponse): void {
    if (!this.admits(request)) return void (this.silent || response.writeHead(407).end());
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const onward = sendRequest(request.url ?? '', { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    request.pipe(onward);
  }

  private tunnel(request: IncomingMessage, client: Socket): void {
    if (!this.admits(request)) {
      return void (this.silent || client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
    }
    const { hostname, port } = new URL(`http://${request.url}`);
    const target = connect(Number(port || 80), hostname, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      client.pipe(target).pipe(client);
    });
    this.keep(target);
    target.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    client.on('close', () => target.destroy());
  }

  private admits({ method, url, headers }: IncomingMessage): boolean {
    const authorization = headers['proxy-authorization'];
    this.seen.push({ line: `${method} ${url}`, authorization });
    return !this.silent && (this.wants === undefined || authorization === this.wants);
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
  }
}
