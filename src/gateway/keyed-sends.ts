import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import type { AppConfig } from '../config/app-config.js';
import { AppError, ERROR_CODES, type ErrorCode } from '../core/errors.js';
import { withDeadline } from '../core/with-deadline.js';
import {
  IdempotencyStore,
  type Claim,
  type KeyRequest,
  type SettledOutcome,
  type SettledSend,
} from '../ports/idempotency-store.port.js';
import { RecordLog, type AppendOutcome, type NewRecord } from '../ports/record-log.port.js';
import { CONFIG, LOGGER } from '../process/tokens.js';
import type { RequestKey } from './idempotency-key.js';

/** A send and what became of it. */
export interface Sent {
  /** When it was first sent, milliseconds since the Unix epoch. */
  at: number;
  outcomes: AppendOutcome[];
}

/** A send that is in the log's buffer, or was made before. */
export interface StartedSend {
  /** True when an earlier request did the sending. */
  replayed: boolean;
  /** What the request is answered: every record has its outcome, perhaps OUTCOME_UNKNOWN. */
  answer: Promise<Sent>;
}

interface FirstSend extends StartedSend {
  /** When every outcome is as final as it gets, also after a 504. */
  end: Promise<Sent>;
}

interface Running {
  fingerprint: string;
  first: Promise<FirstSend>;
}

/** Sends records under an idempotency key: the first request with a key writes, every later one gets its answer. */
@Injectable()
export class KeyedSends {
  private readonly running = new Map<string, Running>();

  constructor(
    private readonly log: RecordLog,
    private readonly store: IdempotencyStore,
    @Inject(CONFIG) private readonly config: Pick<AppConfig, 'gateway'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Hands `records`, made at `at`, to the log, unless the key's first request did; resolves when they are in its buffer.
   * @throws AppError IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_OUTCOME_UNKNOWN, and as
   * `RecordLog.append` and `IdempotencyStore.claim`
   */
  async start(
    { key, fingerprint }: RequestKey,
    records: readonly NewRecord[],
    at: number,
  ): Promise<StartedSend> {
    const twin = this.running.get(key);
    if (twin) return this.startedByTwin(twin, fingerprint);
    const first = this.first({ key, fingerprint }, records, at);
    this.running.set(key, { fingerprint, first });
    // The key stays with this send until its last outcome is known, also past a 504.
    void first
      .then(({ end }) => end)
      .catch(() => undefined)
      .finally(() => this.running.delete(key));
    return first;
  }

  private async startedByTwin(twin: Running, fingerprint: string): Promise<StartedSend> {
    if (twin.fingerprint !== fingerprint) throw reused();
    const { answer, end } = await twin.first;
    return { replayed: true, answer: answer.then((sent) => this.answerOfTwin(sent, end)) };
  }

  /** The first request's answer; when that was a 504, what became of it since, or does within the deadline. */
  private async answerOfTwin(sent: Sent, end: Promise<Sent>): Promise<Sent> {
    if (!sent.outcomes.some(isUnknown)) return sent;
    return withDeadline(end, this.config.gateway.produceTimeoutMs, () => new Error('late')).catch(() => sent);
  }

  private async first(
    { key, fingerprint }: RequestKey,
    records: readonly NewRecord[],
    at: number,
  ): Promise<FirstSend> {
    const request: KeyRequest = {
      key,
      fingerprint,
      expiresAt: at + this.config.gateway.idempotencyTtlMs,
      durable: this.log.storage !== this.store.storage,
    };
    const claim = await this.store.claim(request);
    if (claim.state !== 'claimed') return madeBefore(claim);
    try {
      return this.append(request, records, at);
    } catch (error) {
      await this.store.release(key);
      throw error;
    }
  }

  /** @throws AppError at once, when the log takes nothing */
  private append(request: KeyRequest, records: readonly NewRecord[], at: number): FirstSend {
    const outcomes = this.log.append(records, { settles: { ...request, at } });
    const answer = outcomes.then((known): Promise<Sent> | Sent => {
      const sent = { at, outcomes: known };
      return known.some(isOpen) ? sent : this.finish(request, sent);
    });
    const end = answer.then(async (sent) => {
      if (!sent.outcomes.some(isOpen)) return sent;
      const last = sent.outcomes.map(async (outcome) => (!outcome.ok && (await outcome.later)) || outcome);
      return this.finish(request, { ...sent, outcomes: await Promise.all(last) });
    });
    return { replayed: false, answer, end };
  }

  /** Binds or frees the key. A store that fails now must not hide that the records are written. */
  private async finish(request: KeyRequest, sent: Sent): Promise<Sent> {
    const wroteNothing = !sent.outcomes.some((outcome) => outcome.ok);
    try {
      if (sent.outcomes.some(isUnknown)) await this.store.abandon(request);
      else if (wroteNothing) await this.store.release(request.key);
      else await this.store.settle(request, settled(sent));
    } catch (error) {
      this.logger.error(
        { err: error },
        'An idempotency key could not be settled; a repeat of it will be refused.',
      );
    }
    return sent;
  }
}

function isUnknown(outcome: AppendOutcome): boolean {
  return !outcome.ok && outcome.error.code === 'OUTCOME_UNKNOWN';
}

/** Not final yet: the log may learn more. */
function isOpen(outcome: AppendOutcome): boolean {
  return !outcome.ok && outcome.later !== undefined;
}

function madeBefore(claim: Exclude<Claim, { state: 'claimed' }>): FirstSend {
  switch (claim.state) {
    case 'mismatch':
      throw reused();
    case 'in-progress':
      throw new AppError('IDEMPOTENCY_IN_PROGRESS', 'A request with this Idempotency-Key is under way.', {
        retryAfterS: 1,
      });
    case 'unknown':
      throw new AppError(
        'IDEMPOTENCY_OUTCOME_UNKNOWN',
        'The first request with this Idempotency-Key may or may not have been written: look at the topic, and use a new key to send again.',
      );
    case 'settled': {
      const sent = { at: claim.send.at, outcomes: claim.send.outcomes.map(revived) };
      return { replayed: true, answer: Promise.resolve(sent), end: Promise.resolve(sent) };
    }
  }
}

function reused(): AppError {
  return new AppError(
    'IDEMPOTENCY_KEY_REUSED',
    'This Idempotency-Key came with another request before; use a new key.',
  );
}

function settled({ at, outcomes }: Sent): SettledSend {
  return {
    at,
    outcomes: outcomes.map((outcome): SettledOutcome => {
      if (outcome.ok) return { partition: outcome.partition, offset: outcome.offset };
      const { code, message, retryable } = outcome.error;
      return { code, message, retryable };
    }),
  };
}

function revived(outcome: SettledOutcome): AppendOutcome {
  if (!('code' in outcome)) return { ok: true, ...outcome };
  const code: ErrorCode = outcome.code in ERROR_CODES ? (outcome.code as ErrorCode) : 'INTERNAL';
  return { ok: false, error: new AppError(code, outcome.message, { retryable: outcome.retryable }) };
}
