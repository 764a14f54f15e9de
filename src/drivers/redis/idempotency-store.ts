import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import { startLoop, type Loop } from '../../core/loop.js';
import { isOverBy, withDeadline } from '../../core/with-deadline.js';
import {
  IdempotencyStore,
  type Claim,
  type KeyRequest,
  type SettledSend,
} from '../../ports/idempotency-store.port.js';
import { HeldKeys, type HeldKey } from './idempotency-held.js';
import { unavailable, type KeyTable } from './idempotency-table.js';
import type { RedisLink } from './redis-link.js';

/** Keys that one question drops at most, and how many such questions a round asks. */
const SWEEP_KEYS = 500;
const SWEEPS = 40;
/** Claims without an answer; above it nothing new is claimed. */
const MOST_UNANSWERED = 10_000;

export interface StoreOptions {
  link: RedisLink;
  table: KeyTable;
  storage: string;
  /** How often this process shows that it lives, and drops what is old, milliseconds. */
  sweepEveryMs: number;
  clock: Clock;
  logger: Logger;
}

/**
 * Keys in Redis, shared by all processes that use the same server and database.
 *
 * A claim or a settlement is as durable as Redis is configured to be: with `appendonly yes` and `appendfsync always` it
 * is on disk when it is told; with `everysec` a power cut of the server may take the last second, without a file its
 * restart takes all. `maxmemory-policy` should be `noeviction`. A settlement binds also when the claim was lost meanwhile.
 */
export class RedisIdempotencyStore extends IdempotencyStore {
  readonly driver = 'redis';
  readonly storage: string;
  private readonly held = new HeldKeys();
  /** Tokens of claims whose answer never came, and their keys: Redis may hold them in our name. */
  private readonly unanswered = new Map<string, string>();
  private readonly loop: Loop;
  private readonly failures: FailureLog;
  private readonly forgetReady: () => void;
  private closing: Promise<string | null> | undefined;

  constructor(private readonly options: StoreOptions) {
    super();
    const { storage, logger, sweepEveryMs, clock, link } = options;
    this.storage = storage;
    this.failures = new FailureLog(logger, 'Idempotency keys cannot be swept');
    this.loop = startLoop({
      name: 'redis-idempotency-sweep',
      everyMs: sweepEveryMs,
      clock,
      run: (signal) => this.sweep(signal),
      onError: (error) => this.failures.failed(error),
    });
    this.forgetReady = link.onReady(() => this.claimAnew());
  }

  async claim(request: KeyRequest): Promise<Claim> {
    if (this.closing) throw unavailable('the service stops');
    for (;;) {
      const held = this.held.get(request.key);
      if (!held) return this.lookUp(request);
      await held.lookedUp;
      // Another look when that claim was none: the key is settled by now, or free.
      if (this.held.get(request.key) === held) return held.claimAgain(request.fingerprint);
    }
  }

  async settle(request: KeyRequest, send: SettledSend): Promise<void> {
    const held = this.heldFor(request);
    const write = () => this.options.table.settle(request, held.token, send);
    await this.conclude(held, { state: 'settled', send }, write);
  }

  async abandon(request: KeyRequest): Promise<void> {
    const held = this.heldFor(request);
    const write = () => this.options.table.abandon(request, held.token);
    await this.conclude(held, { state: 'unknown' }, write);
  }

  async release(key: string): Promise<void> {
    const held = this.held.get(key);
    if (!held) return;
    const write = () => this.options.table.release(key, held.token);
    await this.conclude(held, { state: 'in-progress' }, write);
  }

  async ping(): Promise<void> {
    await this.options.table.ping();
  }

  close(deadlineMs: number): Promise<string | null> {
    return (this.closing ??= this.shutDown(performance.now() + deadlineMs));
  }

  /** Holds the key in memory first, so that of many claims at once one alone asks Redis. */
  private async lookUp(request: KeyRequest): Promise<Claim> {
    this.checkReach();
    const held = this.held.hold(request);
    const claiming = this.options.table.claim(request, held.token);
    held.askedBy(claiming);
    try {
      const claim = await claiming;
      if (claim === 'full')
        throw new AppError('IDEMPOTENCY_STORE_FULL', 'All idempotency keys are in progress.', {
          retryAfterS: 1,
        });
      if (claim.state !== 'claimed') this.held.drop(held);
      return claim;
    } catch (error) {
      this.held.drop(held);
      if (error instanceof AppError && error.code === 'IDEMPOTENCY_STORE_UNAVAILABLE')
        this.unanswered.set(held.token, request.key);
      throw error;
    }
  }

  /** What is known not to reach Redis is not sent, so that nothing of it has to be taken back. */
  private checkReach(): void {
    const { trouble, place } = this.options.link;
    if (trouble) throw unavailable(`Redis at ${place} ${trouble.words}`);
    if (this.unanswered.size >= MOST_UNANSWERED) throw unavailable('too many claims had no answer');
  }

  private heldFor(request: KeyRequest): HeldKey {
    return this.held.get(request.key) ?? this.held.hold(request);
  }

  /** Where Redis cannot be told now, a sweep does it later; the key stays held until then. */
  private async conclude(held: HeldKey, told: Claim, write: () => Promise<unknown>): Promise<void> {
    held.conclude(told, write);
    await this.tellRedis(held);
  }

  private async tellRedis(held: HeldKey): Promise<void> {
    await held.tellRedis();
    this.held.drop(held);
  }

  /** Redis may have been started anew with nothing in it: what is in progress here must stand there again. */
  private claimAnew(): void {
    for (const held of this.held.inProgress()) held.askedBy(held.lookedUp.then(() => this.claimStill(held)));
    void this.sweep(new AbortController().signal).catch((error: unknown) => this.failures.failed(error));
  }

  private async claimStill(held: HeldKey): Promise<void> {
    if (this.held.get(held.request.key) !== held || held.isOver) return;
    await this.options.table.claim(held.request, held.token);
  }

  /** Shows that this process lives, drops what is old in bounded steps, writes what could not be written before. */
  private async sweep(signal: AbortSignal): Promise<void> {
    for (let step = 0; step < SWEEPS && !signal.aborted; step++)
      if (!(await this.options.table.sweep(SWEEP_KEYS))) break;
    await this.writeRest();
    this.failures.succeeded();
  }

  private async writeRest(): Promise<void> {
    for (const held of this.held.unwritten(this.options.clock.now())) await this.tellRedis(held);
    for (const [token, key] of this.unanswered) {
      await this.options.table.release(key, token);
      this.unanswered.delete(token);
    }
  }

  private async shutDown(deadline: number): Promise<string | null> {
    const left = () => Math.max(0, deadline - performance.now());
    this.forgetReady();
    await isOverBy(this.loop.stop(), deadline);
    const end = this.writeRest().then(() => this.options.table.leave());
    await withDeadline(end, left(), () => unavailable('late')).catch(() => undefined);
    await this.options.link.release(left());
    const unwritten = this.held.unwritten(this.options.clock.now()).length;
    return unwritten === 0 ? null : `${unwritten} idempotency keys could not be written`;
  }
}
