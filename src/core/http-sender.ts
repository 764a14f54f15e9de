import { systemClock, type Clock } from './clock.js';
import { HttpExchange } from './http-exchange.js';
import { DEFAULT_HTTP_LIMITS, type HttpLimits } from './http-limits.js';
import type { HttpRequest, HttpResult } from './http-message.js';
import type { ProxyOptions } from './http-proxies.js';
import { HttpRoutes } from './http-routes.js';
import { isOverBy } from './with-deadline.js';

export type { HttpRequest, HttpResult } from './http-message.js';

export interface HttpSenderOptions extends Partial<HttpLimits> {
  proxies?: ProxyOptions;
  /** Certificates (PEM) to trust instead of Node's list. To trust more than that list, NODE_EXTRA_CA_CERTS does. */
  ca?: string[];
  clock?: Clock;
}

/**
 * Sends HTTP requests, one attempt each; one per process, so that connections are shared.
 *
 * - `send` answers for whatever the other end does, and never throws for it;
 * - connections are kept open and used again, few to an origin and for few origins; who finds none free waits in order;
 * - every request has an end: `timeoutMs` bounds all of it, the limits its parts; a body is read so far and no further;
 * - certificates are verified; redirects are not followed; nothing is decompressed;
 * - an idle connection is closed after 4 s, or 2 s before the server's `Keep-Alive` says. Where it was broken before
 *   that, a request on it is RESET and may have arrived: nothing is sent twice here, which is for who knows its key.
 */
export class HttpSender {
  private readonly limits: HttpLimits;
  private readonly clock: Clock;
  private readonly routes: HttpRoutes;
  private readonly underWay = new Set<HttpExchange>();
  private closed = false;
  private onIdle: (() => void) | undefined;

  constructor({ proxies = {}, ca, clock = systemClock, ...limits }: HttpSenderOptions = {}) {
    this.limits = { ...DEFAULT_HTTP_LIMITS, ...limits };
    this.clock = clock;
    this.routes = new HttpRoutes(this.limits, proxies, ca);
  }

  /** Requests without a result yet. */
  get inFlight(): number {
    return this.underWay.size;
  }

  send(request: HttpRequest): Promise<HttpResult> {
    const { protocol } = request.url;
    if (this.closed) return Promise.resolve(unsent('CLOSED', 'the sender is closed'));
    if (protocol !== 'http:' && protocol !== 'https:') {
      return Promise.resolve(unsent('INVALID_REQUEST', 'only http and https URLs can be sent to'));
    }
    return new Promise((resolve) => {
      const onResult = (result: HttpResult) => {
        this.underWay.delete(exchange);
        resolve(result);
        if (this.underWay.size === 0) this.onIdle?.();
      };
      const { limits, clock } = this;
      const exchange = new HttpExchange(request, this.routes.to(request.url), { limits, clock, onResult });
      this.underWay.add(exchange);
      exchange.begin();
    });
  }

  /**
   * Sends nothing new, waits for what is under way, `deadlineMs` (milliseconds from now) at most, and closes all
   * connections. Answers how many requests it had to cut off; those fail as CLOSED.
   */
  async close(deadlineMs: number): Promise<number> {
    this.closed = true;
    const idle = new Promise<void>((resolve) => (this.onIdle = resolve));
    if (this.underWay.size > 0) await isOverBy(idle, performance.now() + deadlineMs);
    const left = [...this.underWay];
    for (const exchange of left) exchange.giveUp('CLOSED', 'the sender was closed');
    await this.routes.destroy();
    return left.length;
  }
}

function unsent(code: 'CLOSED' | 'INVALID_REQUEST', reason: string): HttpResult {
  return { kind: 'failed', code, reason, mayHaveArrived: false, latencyMs: 0 };
}
