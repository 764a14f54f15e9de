import type { Dispatcher } from 'undici';
import { undici } from './http-client.js';
import { HttpConnections } from './http-connections.js';
import { basicAuthorization, withoutUserInfo } from './http-credentials.js';
import type { HttpLimits } from './http-limits.js';
import { HttpProxies, type ProxyOptions } from './http-proxies.js';

/** How requests get to one origin. */
export interface HttpRoute {
  connections: HttpConnections;
  /** What stands before the path: the origin where a proxy forwards, else nothing. */
  pathPrefix: string;
  /** What every request has besides its own headers. */
  headers: Readonly<Record<string, string>>;
  /** Host and port, as a reason names them. */
  target: string;
  /** Null: straight. `forward`: it reads the requests. `tunnel`: it passes the bytes on. */
  proxy: { name: string; kind: 'forward' | 'tunnel' } | null;
}

/** The exchange keeps the times of headers and body itself: undici's timers are coarse. */
const NO_TIMES = { headersTimeout: 0, bodyTimeout: 0 };

/** The routes in use, by origin; those unused for the longest are closed when there are too many. */
export class HttpRoutes {
  private readonly proxies: HttpProxies;
  /** The latest used last. */
  private readonly routes = new Map<string, HttpRoute>();

  constructor(
    private readonly limits: HttpLimits,
    proxies: ProxyOptions,
    /** PEM; undefined means those that Node trusts. */
    private readonly ca: string[] | undefined,
  ) {
    this.proxies = new HttpProxies(proxies);
  }

  get size(): number {
    return this.routes.size;
  }

  to(url: URL): HttpRoute {
    const { origin } = url;
    const known = this.routes.get(origin);
    if (known) this.routes.delete(origin);
    else this.closeOldest();
    const route = known ?? this.open(url);
    this.routes.set(origin, route);
    return route;
  }

  /** Breaks off what is under way. */
  async destroy(): Promise<void> {
    const all = [...this.routes.values()];
    this.routes.clear();
    await Promise.all(all.map(({ connections }) => connections.destroy()));
  }

  /** Only an idle one: those in use are bounded by what is sent. */
  private closeOldest(): void {
    if (this.routes.size < this.limits.maxOrigins) return;
    for (const [origin, { connections }] of this.routes) {
      if (!connections.isIdle) continue;
      this.routes.delete(origin);
      void connections.destroy();
      return;
    }
  }

  private open(url: URL): HttpRoute {
    const { origin, host: target } = url;
    const proxy = this.proxies.for(url);
    const straight = { pathPrefix: '', headers: {}, target, proxy: null };
    if (!proxy) return { ...straight, connections: this.clients(origin) };
    const authorization = basicAuthorization(proxy);
    const name = `the proxy ${proxy.host}`;
    if (url.protocol === 'https:' || proxy.protocol === 'https:') {
      const connections = this.connections(() => this.tunnel(proxy, authorization));
      return { ...straight, connections, proxy: { name, kind: 'tunnel' } };
    }
    const connections = this.clients(proxy.origin);
    const headers = { host: target, ...(authorization ? { 'proxy-authorization': authorization } : {}) };
    return { connections, pathPrefix: origin, headers, target, proxy: { name, kind: 'forward' } };
  }

  private connections(create: () => Dispatcher): HttpConnections {
    const { maxConnectionsPerOrigin, maxWaitingPerOrigin } = this.limits;
    return new HttpConnections(create, maxConnectionsPerOrigin, maxWaitingPerOrigin);
  }

  private clients(origin: string): HttpConnections {
    const { buildConnector, Client } = undici();
    const connect = buildConnector(this.connectOptions()); // one for all: they share TLS sessions
    return this.connections(() => new Client(origin, { ...NO_TIMES, connect }));
  }

  private tunnel(proxy: URL, authorization: string | null): Dispatcher {
    const headersTimeout = this.limits.connectTimeoutMs;
    const { Client, ProxyAgent } = undici();
    return new ProxyAgent({
      ...NO_TIMES,
      connections: 1,
      uri: withoutUserInfo(proxy).href,
      ...(authorization ? { token: authorization } : {}),
      proxyTls: this.connectOptions(),
      requestTls: this.connectOptions(),
      // Undici's own waits five minutes for a silent proxy.
      clientFactory: (uri, options) => new Client(uri, { ...options, headersTimeout }),
    });
  }

  private connectOptions(): { timeout: number; ca?: string[] } {
    return { timeout: this.limits.connectTimeoutMs, ...(this.ca ? { ca: this.ca } : {}) };
  }
}
