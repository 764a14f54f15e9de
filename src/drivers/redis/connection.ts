import type { Redis, RedisOptions as ClientOptions } from 'ioredis';
import type { Logger } from 'pino';
import { backoffMs } from '../../core/backoff.js';
import { systemClock } from '../../core/clock.js';
import { startLoop, type Loop } from '../../core/loop.js';
import { withDeadline } from '../../core/with-deadline.js';
import { lookFirst, quietHandshake, quietSentinels } from './connector.js';
import { Failures } from './failures.js';
import type { RedisMetrics } from './metrics.js';
import type { RedisFailure } from './meanings.js';
import { failureOf } from './redis-error.js';
import { refusalOf, warningOf, type ServerInfo } from './server-check.js';

const BACKOFF = { baseMs: 100, capMs: 5000 };
/** A connection that lived so long proves that all is well: the next loss begins with short delays again. */
const STEADY_MS = 10_000;
/** How often a connection that says nothing by itself is asked whether it lives. */
const KEEP_ALIVE_MS = 10_000;

export interface ConnectionParts {
  /** What it is for: `commands`, `subscriptions`. */
  name: string;
  client: ClientOptions;
  place: string;
  /** ioredis's class: it is imported only where it is used. */
  Client: typeof Redis;
  logger: Logger;
  metrics: RedisMetrics;
  /** Logs a sentence, once for all connections of a link. */
  warn: (sentence: string) => void;
  onReady: () => void;
}

const UNASKED = 'takes anybody, so the password is needless. Have it ask for one, or drop';

const OPENING: RedisFailure = { kind: 'away', words: 'is being connected to', advice: 'Wait.' };
const LOADING = failureOf(new Error('LOADING'));

/**
 * One ioredis client that connects again for ever, and is `ready` only at a server that was looked at: raw commands at
 * any other fail at once, as nothing is queued.
 */
export class Connection {
  readonly redis: Redis;
  private failure: RedisFailure | null = null;
  /** Of the connection; of commands over one that is well. */
  private readonly losses: Failures;
  private readonly refusals: Failures;
  private readonly keepAlive: Loop;
  private readonly closing = new AbortController();
  /** Aborts when it is first known how it stands. */
  private readonly news = new AbortController();
  private again: NodeJS.Timeout | undefined;
  private attempts = 0;
  private readyAt = 0;
  private loading: NodeJS.Timeout | undefined;
  /** Why the connection ends was told already. */
  private isTold = false;
  /** Told during the handshake, which ioredis would take no notice of. */
  private handshake: RedisFailure | null = null;
  private warning: string | null = null;

  constructor(private readonly parts: ConnectionParts) {
    const { Client, client, place, logger, metrics, name } = parts;
    this.losses = new Failures(logger, `No connection to Redis at ${place} for ${name}`, metrics);
    this.refusals = new Failures(logger, `Redis at ${place} refuses commands`, metrics);
    this.redis = new Client({
      ...client,
      retryStrategy: () => this.delay(),
      sentinelRetryStrategy: () => null, // it would wait where nothing can interrupt it: onEnd does instead
      reconnectOnError: (error) => this.onRefused(error),
    });
    lookFirst(this.redis, (info) => this.isGood(info));
    quietHandshake(this.redis, () =>
      this.parts.warn(`Redis at ${place} ${UNASKED} REDIS_PASSWORD, or the one in REDIS_URL.`),
    );
    quietSentinels(this.redis, () => this.parts.warn(`A Sentinel ${UNASKED} REDIS_SENTINEL_PASSWORD.`));
    this.redis.on('connect', () => this.onConnect());
    this.redis.on('ready', () => this.onReady());
    this.redis.on('error', (error: Error) => this.onError(error));
    this.redis.on('close', () => this.onClose());
    this.redis.on('end', () => this.onEnd());
    const onError = (): void => undefined; // the connection tells of itself
    const run = (): Promise<void> => this.keep();
    this.keepAlive = startLoop({ name: `redis ${name} keep-alive`, everyMs: KEEP_ALIVE_MS, run, onError });
  }

  /** Begins to connect, for ever. */
  start(): void {
    this.redis.connect().catch(() => undefined);
  }

  /** Why it cannot be used now; null when it can. */
  get trouble(): RedisFailure | null {
    return this.redis.status === 'ready' ? null : (this.failure ?? OPENING);
  }

  /** Resolves when it is known how it stands, or after `ms`. */
  async known(ms: number): Promise<void> {
    if (this.trouble !== OPENING) return;
    await systemClock.sleep(ms, this.news.signal);
  }

  /** For good; `deadlineMs` is how long what is in flight may take. */
  async close(deadlineMs: number): Promise<void> {
    this.closing.abort();
    clearTimeout(this.again);
    clearInterval(this.loading);
    void this.keepAlive.stop(); // a round of it ends with the connection
    if (this.redis.status === 'ready' && deadlineMs > 0) {
      const late = (): Error => new Error('late');
      await withDeadline(this.redis.quit(), deadlineMs, late).catch(() => undefined);
    }
    this.redis.disconnect();
  }

  private onConnect(): void {
    this.isTold = false;
    this.handshake = null;
    // A server that answers nothing is given up by then: this one says that it loads.
    const { commandTimeout = 0 } = this.parts.client;
    clearInterval(this.loading);
    this.loading = setInterval(() => this.fails(LOADING), 1.1 * commandTimeout);
  }

  private onReady(): void {
    this.readyAt = performance.now();
    clearInterval(this.loading);
    this.failure = null;
    this.news.abort();
    this.losses.succeeded();
    this.parts.metrics.connected(this.parts.name);
    this.parts.onReady();
  }

  private onError(error: Error): void {
    const failure = failureOf(error);
    if (this.isTold && failure.kind === 'away') return; // it ends, as it was told why
    if (this.redis.status === 'connect') this.handshake = failure;
    this.fails(failure);
  }

  private onClose(): void {
    clearInterval(this.loading);
    if (!this.isTold) this.fails(failureOf(new Error('Connection is closed')));
    this.isTold = false;
    if (this.readyAt > 0 && performance.now() - this.readyAt >= STEADY_MS) this.attempts = 0;
    this.readyAt = 0;
  }

  /** ioredis gives up when no Sentinel answers, or a failover interrupts its search for the primary. */
  private onEnd(): void {
    this.isTold = false;
    if (this.closing.signal.aborted) return;
    this.again = setTimeout(() => this.start(), this.delay());
  }

  /** An error that Redis answered. True: the connection is made again, as it leads to the wrong server. */
  private onRefused(error: Error): boolean {
    const failure = failureOf(error);
    const isWrong = failure.kind === 'readonly' || failure.kind === 'auth' || failure.kind === 'cluster';
    if (isWrong) this.fails(failure);
    else this.refusals.told(failure);
    return isWrong;
  }

  private fails(failure: RedisFailure): void {
    this.isTold = true;
    if (this.closing.signal.aborted) return;
    this.failure = failure;
    this.news.abort();
    this.losses.told(failure);
  }

  private delay(): number {
    this.attempts += 1;
    return backoffMs(this.attempts, BACKOFF);
  }

  private isGood(info: ServerInfo): boolean {
    if (this.handshake) return false; // was told
    const refusal = refusalOf(info);
    if (refusal) this.fails(refusal);
    this.warn(warningOf(info));
    return refusal === null;
  }

  /** Once, until it changes. */
  private warn(warning: string | null): void {
    if (warning !== null && warning !== this.warning)
      this.parts.logger.warn(`Redis at ${this.parts.place} ${warning}.`);
    this.warning = warning;
  }

  private async keep(): Promise<void> {
    this.refusals.calm(KEEP_ALIVE_MS);
    if (this.redis.status === 'ready') await this.redis.ping();
  }
}
