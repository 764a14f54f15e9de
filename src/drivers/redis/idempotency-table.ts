import { randomInt } from 'node:crypto';
import { Script } from '../../asynq/script.js';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { withDeadline } from '../../core/with-deadline.js';
import type { Claim, KeyRequest, SettledSend } from '../../ports/idempotency-store.port.js';
import type { RedisLink } from './redis-link.js';

const SCRIPT = new Script(new URL('scripts/idempotency.lua', import.meta.url));
const PREFIX = 'carillon:idempotency:';
const KEYS = ['pending', 'over', 'expiry', 'processes', 'sequence'].map((name) => PREFIX + name);

export interface TableOptions {
  maxKeys: number;
  /** This process counts as alive for so long after each sign of life, milliseconds. */
  aliveMs: number;
  /** How long one question may take, milliseconds. */
  timeoutMs: number;
  clock: Clock;
}

/**
 * The keys as they lie in Redis; each question is one call of `scripts/idempotency.lua`. Times go there as what is left
 * of them, so that the server's clock alone counts for all processes.
 * @throws AppError IDEMPOTENCY_STORE_UNAVAILABLE
 */
export class KeyTable {
  /** Names this start of the process; a score, so a number. */
  private readonly owner = randomInt(1, 2 ** 47);

  constructor(
    private readonly link: Pick<RedisLink, 'run'>,
    private readonly options: TableOptions,
  ) {}

  async claim(request: KeyRequest, token: string): Promise<Claim | 'full'> {
    const answer = (await this.ask('claim', this.entry(request, token))) as Buffer[];
    return claimOf(answer.map(String));
  }

  async settle(request: KeyRequest, token: string, send: SettledSend): Promise<void> {
    await this.ask('settle', [...this.entry(request, token), JSON.stringify(send)]);
  }

  async abandon(request: KeyRequest, token: string): Promise<void> {
    await this.ask('abandon', this.entry(request, token));
  }

  /** Harmless when that claim does not hold the key. */
  async release(key: string, token: string): Promise<void> {
    await this.ask('release', [key, token]);
  }

  /** A sign of life, and the end of at most `limit` keys that are over; true when there may be more of these. */
  async sweep(limit: number): Promise<boolean> {
    return Number(await this.ask('sweep', [limit])) >= limit;
  }

  /** This process is not alive any more: what it leaves in progress is unknown at once. */
  async leave(): Promise<void> {
    await this.ask('leave', []);
  }

  async ping(): Promise<void> {
    await this.inTime(this.link.run('IDEMPOTENCY_STORE_UNAVAILABLE', (redis) => redis.ping()));
  }

  private entry({ key, fingerprint, expiresAt }: KeyRequest, token: string): (string | number)[] {
    return [key, token, fingerprint, Math.round(expiresAt - this.options.clock.now())];
  }

  private ask(what: string, rest: (string | number)[]): Promise<unknown> {
    const { maxKeys, aliveMs } = this.options;
    const args = [what, this.owner, aliveMs, maxKeys, `${PREFIX}key:`, ...rest];
    return this.inTime(
      this.link.run('IDEMPOTENCY_STORE_UNAVAILABLE', (redis) => SCRIPT.run(redis, KEYS, args)),
    );
  }

  private async inTime<T>(answer: Promise<T>): Promise<T> {
    const { timeoutMs } = this.options;
    try {
      return await withDeadline(answer, timeoutMs, () => new Error(`no answer within ${timeoutMs} ms`));
    } catch (error) {
      throw unavailable(error instanceof Error ? error.message : String(error), error);
    }
  }
}

/** `reason` without a full stop, or with one. */
export function unavailable(reason: string, cause?: unknown): AppError {
  const sentence = `Idempotency keys cannot be kept now: ${reason.replace(/\.$/, '')}.`;
  return new AppError('IDEMPOTENCY_STORE_UNAVAILABLE', sentence, { cause });
}

function claimOf([state, send]: string[]): Claim | 'full' {
  switch (state) {
    case 'claimed':
    case 'in-progress':
    case 'mismatch':
      return { state };
    case 'full':
      return 'full';
    case 'settled':
      return settledBy(send ?? '');
    default:
      return { state: 'unknown' };
  }
}

/** What nobody can read any more, because another hand was there, is an answer that nobody knows. */
function settledBy(text: string): Claim {
  try {
    const { at, outcomes } = JSON.parse(text) as SettledSend;
    return Array.isArray(outcomes) ? { state: 'settled', send: { at, outcomes } } : { state: 'unknown' };
  } catch {
    return { state: 'unknown' };
  }
}
