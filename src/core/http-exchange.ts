import { setMaxListeners } from 'node:events';
import type { Dispatcher } from 'undici';
import type { Clock } from './clock.js';
import { basicAuthorization } from './http-credentials.js';
import { failureOf } from './http-failure.js';
import type { HttpLimits } from './http-limits.js';
import type { HttpAnswer, HttpFailureCode, HttpRequest, HttpResult } from './http-message.js';
import type { HttpRoute } from './http-routes.js';
import { parseHttpDate, parseRetryAfter } from './retry-after.js';

const MAX_RETRY_AFTER_MS = 86_400_000;
/** A later timer fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];
type Head = Pick<HttpAnswer, 'status' | 'headers' | 'retryAfterMs' | 'latencyMs'>;

export interface ExchangeContext {
  limits: HttpLimits;
  clock: Clock;
  /** Told once. */
  onResult: (result: HttpResult) => void;
}

/**
 * One request and what comes back, as undici's handler. One timer, set anew from step to step, keeps all its times. The
 * result may be out before undici is done with the request; the connection is free only when it is.
 */
export class HttpExchange implements Dispatcher.DispatchHandler {
  private readonly begun: number;
  private timer: NodeJS.Timeout | undefined;
  private controller: Dispatcher.DispatchController | null = null;
  /** While undici has the request. */
  private connection: Dispatcher | null = null;
  private over = false;
  private head: Head | null = null;
  private readonly kept: Buffer[] = [];
  private keptBytes = 0;
  private bodyBytes = 0;

  constructor(
    private readonly request: HttpRequest,
    private readonly route: HttpRoute,
    private readonly context: ExchangeContext,
  ) {
    this.begun = context.clock.monotonic();
  }

  begin(): void {
    const { signal, timeoutMs } = this.request;
    this.arm(timeoutMs, `no free connection to ${this.route.target} in time`);
    if (signal) setMaxListeners(0, signal); // any number of requests may share it
    signal?.addEventListener('abort', this.onAbort, { once: true });
    if (signal?.aborted) return this.onAbort();
    if (!this.route.connections.enter(this.dispatch)) {
      this.giveUp('BUSY', `too many requests wait for ${this.route.target}`);
    }
  }

  /** Ends it now: with the answer when there is a status, else as a failure. */
  giveUp(code: HttpFailureCode, reason: string): void {
    if (this.over) return;
    if (this.head) this.finish(this.answer(this.head, false));
    else this.fail(code, reason);
    this.route.connections.cancel(this.dispatch);
    this.controller?.abort(new Error(reason)); // leads to onResponseError
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.over) return controller.abort(new Error('given up')); // too late: nothing has left yet
    this.controller = controller;
    this.arm(this.context.limits.headersTimeoutMs, `${this.route.target} gave no answer in time`);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, raw: Headers): void {
    if (status < 200) return; // an interim answer
    if (status === 407 && this.route.proxy?.kind === 'forward') {
      return this.giveUp('PROXY', `${this.route.proxy.name} answered 407: it wants a user and a password`);
    }
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(raw)) headers[name] = [value ?? ''].flat().join(', ');
    // By the other end's own clock where it tells it: ours may be off.
    const ours = this.context.clock.now();
    const now = parseHttpDate(headers.date ?? '', ours) ?? ours;
    const retryAfterMs = parseRetryAfter(headers['retry-after'], now, MAX_RETRY_AFTER_MS);
    this.head = { status, headers, retryAfterMs, latencyMs: this.elapsedMs() };
    this.arm(this.context.limits.bodyTimeoutMs, '');
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { keptBodyBytes, maxResponseBytes } = this.context.limits;
    const piece = chunk.subarray(0, keptBodyBytes - this.keptBytes);
    if (piece.length > 0) this.kept.push(Buffer.from(piece)); // a copy: the chunk is a view of a large buffer
    this.keptBytes += piece.length;
    this.bodyBytes += chunk.length;
    if (this.bodyBytes > maxResponseBytes) this.giveUp('OTHER', 'the body is longer than anybody reads');
  }

  onResponseEnd(): void {
    this.release(false);
    if (this.head && !this.over) this.finish(this.answer(this.head, this.bodyBytes === this.keptBytes));
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.release(this.over);
    const { code, reason } = this.failureOf(error);
    this.giveUp(code, reason);
  }

  /** Its turn has come; it does at most once. */
  private readonly dispatch = (connection: Dispatcher): void => {
    const { url, method, body } = this.request;
    this.connection = connection;
    this.arm(Infinity, `no connection to ${this.route.target} in time`);
    const path = `${this.route.pathPrefix}${url.pathname}${url.search}`;
    try {
      connection.dispatch({ origin: url.origin, path, method, body, headers: this.headers() }, this);
    } catch (error) {
      this.onResponseError(null, error as Error); // a header that a tunnel does not take
    }
  };

  /** The caller's own go before ours. */
  private headers(): Record<string, string> {
    const headers: Record<string, string> = { ...this.route.headers };
    const authorization = basicAuthorization(this.request.url);
    if (authorization) headers.authorization = authorization;
    for (const [name, value] of Object.entries(this.request.headers)) headers[name.toLowerCase()] = value;
    return headers;
  }

  private readonly onAbort = (): void => this.giveUp('ABORTED', 'the request was given up');

  /** The next step must be over within `ms`, and all of it within the request's own time. */
  private arm(ms: number, lateReason: string): void {
    clearTimeout(this.timer);
    const left = Math.min(ms, this.request.timeoutMs - this.elapsedMs(), MAX_TIMER_MS);
    this.timer = setTimeout(() => this.giveUp('TIMEOUT', lateReason), Math.max(0, left));
  }

  private elapsedMs(): number {
    return this.context.clock.monotonic() - this.begun;
  }

  private answer(head: Head, bodyComplete: boolean): HttpAnswer {
    return { kind: 'answer', ...head, body: Buffer.concat(this.kept), bodyComplete };
  }

  /** Before the request left, it is the proxy that failed, save for TLS, which it only passes on. */
  private failureOf(error: Error): ReturnType<typeof failureOf> {
    const { target, proxy } = this.route;
    if (!proxy || this.controller) return failureOf(error, target);
    const failure = failureOf(error, proxy.name);
    return failure.code === 'TLS' ? failureOf(error, `${target} (by way of ${proxy.name})`) : failure;
  }

  private fail(code: HttpFailureCode, reason: string): void {
    const mayHaveArrived = this.controller !== null && code !== 'PROXY';
    this.finish({ kind: 'failed', code, reason, mayHaveArrived, latencyMs: this.elapsedMs() });
  }

  private finish(result: HttpResult): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.timer);
    this.request.signal?.removeEventListener('abort', this.onAbort);
    this.context.onResult(result);
  }

  /** First of all, so that who goes on with the result finds the connection free. */
  private release(broken: boolean): void {
    const { connection } = this;
    this.connection = null;
    if (connection) this.route.connections.leave(connection, broken);
  }
}
