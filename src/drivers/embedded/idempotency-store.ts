import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import { startLoop, type Loop } from '../../core/loop.js';
import {
  IdempotencyStore,
  type Claim,
  type KeyRequest,
  type SettledSend,
} from '../../ports/idempotency-store.port.js';
import type { Database } from './database.js';
import { HeldKeys, type HeldKey } from './held-keys.js';
import type { Exchanges, KeyEntry, Op } from './protocol.js';
import { withDeadline } from '../../core/with-deadline.js';
import { Trouble } from './trouble.js';

/** Keys that one question to the worker drops at most, and how many such questions a round asks. */
const SWEEP_KEYS = 1_000;
const SWEEPS = 20;

export interface StoreOptions {
  timeoutMs: number;
  sweepEveryMs: number;
  clock: Clock;
  logger: Logger;
}

/**
 * Keys in the SQLite file of DATA_FOLDER. This process alone owns the file, so a key in progress is known from memory;
 * the file is for what must outlive the process.
 */
export class EmbeddedIdempotencyStore extends IdempotencyStore {
  readonly driver = 'embedded';
  readonly storage: string;
  private readonly held = new HeldKeys();
  private readonly loop: Loop;
  private closing: Promise<string | null> | undefined;

  constructor(
    private readonly database: Database,
    private readonly options: StoreOptions,
  ) {
    super();
    this.storage = database.storage;
    const failures = new FailureLog(options.logger, 'Idempotency keys cannot be swept');
    this.loop = startLoop({
      name: 'embedded-idempotency-sweep',
      everyMs: options.sweepEveryMs,
      clock: options.clock,
      run: async (signal) => {
        await this.sweep(signal);
        failures.succeeded();
      },
      onError: (error) => failures.failed(error),
    });
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
    const write = () => this.ask('settle', { ...this.entry(request), send });
    await this.conclude(this.heldFor(request), { state: 'settled', send }, write);
  }

  async abandon(request: KeyRequest): Promise<void> {
    const write = () => this.ask('abandon', this.entry(request));
    await this.conclude(this.heldFor(request), { state: 'unknown' }, write);
  }

  async release(key: string): Promise<void> {
    const held = this.held.get(key);
    if (held && !held.request.durable) return this.held.drop(held);
    const write = () => this.ask('release', { key });
    if (held) await this.conclude(held, { state: 'in-progress' }, write);
    else await write();
  }

  override get writeTrouble(): AppError | null {
    return this.database.writeTrouble;
  }

  async ping(): Promise<void> {
    await this.ask('ping', null);
  }

  close(deadlineMs: number): Promise<string | null> {
    return (this.closing ??= this.shutDown(deadlineMs));
  }

  /** Holds the key in memory first, so that of many claims at once one alone asks the file. */
  private async lookUp(request: KeyRequest): Promise<Claim> {
    const claiming = this.ask('claim', {
      ...this.entry(request),
      durable: request.durable,
      inMemory: this.held.inMemory,
    });
    const held = this.held.hold(request, claiming);
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
      throw error;
    }
  }

  private heldFor(request: KeyRequest): HeldKey {
    return this.held.get(request.key) ?? this.held.hold(request, Promise.resolve());
  }

  /** Where the file cannot be written now, a sweep does it later; the key stays held until then. */
  private async conclude(held: HeldKey, told: Claim, write: () => Promise<unknown>): Promise<void> {
    held.conclude(told, write);
    await this.tellFile(held);
  }

  private async tellFile(held: HeldKey): Promise<void> {
    await held.tellFile();
    this.held.drop(held);
  }

  /** Writes what could not be written before, then drops what is old, in bounded steps. */
  private async sweep(signal: AbortSignal): Promise<void> {
    const now = this.options.clock.now();
    for (const held of this.held.unwritten(now)) await this.tellFile(held);
    for (let step = 0; step < SWEEPS && !signal.aborted; step++) {
      const ask = { now, inMemory: this.held.inMemory, limit: SWEEP_KEYS };
      if ((await this.ask('sweep', ask)) < SWEEP_KEYS) return;
    }
  }

  private entry({ key, fingerprint, expiresAt }: KeyRequest): KeyEntry {
    return { key, fingerprint, expiresAt, now: this.options.clock.now() };
  }

  private async ask<O extends Op>(op: O, ask: Exchanges[O]['ask']): Promise<Exchanges[O]['answer']> {
    const late = () => unavailable(`it did not answer within ${this.options.timeoutMs} ms`);
    try {
      return await withDeadline(this.database.ask(op, ask), this.options.timeoutMs, late);
    } catch (error) {
      throw error instanceof Trouble ? unavailable(error.message) : error;
    }
  }

  private async shutDown(deadlineMs: number): Promise<string | null> {
    const end = performance.now() + deadlineMs;
    await withDeadline(this.loop.stop(), deadlineMs, () => unavailable('late')).catch(() => undefined);
    await this.database.release(Math.max(0, end - performance.now()));
    const left = this.held.unwritten(this.options.clock.now()).length;
    return left === 0 ? null : `${left} idempotency keys could not be written`;
  }
}

function unavailable(reason: string): AppError {
  return new AppError('IDEMPOTENCY_STORE_UNAVAILABLE', `Idempotency keys cannot be kept now: ${reason}.`);
}
