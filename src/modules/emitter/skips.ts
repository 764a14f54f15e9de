import type { Logger } from 'pino';
import type { Clock } from '../../core/clock.js';
import { AppError } from '../../core/errors.js';
import { FailureLog } from '../../core/failure-log.js';
import type { EmitterMetrics } from './emitter.metrics.js';
import type { Books, SkipReason } from './time/books.js';

/** Without a skipped tick for so long, skipping is over. */
const CALM_MS = 60_000;

/** What a person should know of; of the others somebody knows already, or the ticker tells. */
const WORDS: Partial<Record<SkipReason, string>> = {
  overlap: 'as many messages are in flight as may be: the target is too slow, or raise max_in_flight',
  circuit: 'the target keeps failing and is spared',
};

/** Counts the ticks that one emitter skips, in its books and its metrics, and tells of them. */
export class Skips {
  private readonly log: FailureLog;

  constructor(
    private readonly name: string,
    private readonly books: Books,
    private readonly metrics: EmitterMetrics,
    { logger, clock }: { logger: Logger; clock: Clock },
  ) {
    this.log = new FailureLog(logger, `Emitter ${name} skips ticks`, () => clock.monotonic(), 'warn');
  }

  skip(reason: SkipReason, ticks = 1): SkipReason {
    this.books.skip(reason, ticks);
    this.metrics.planned.inc({ emitter: this.name }, ticks);
    this.metrics.skipped.inc({ emitter: this.name, reason }, ticks);
    const words = WORDS[reason];
    if (words === undefined) return reason;
    this.log.failed(words);
    return reason;
  }

  /** A tick was not skipped. */
  taken(): void {
    this.log.calm(CALM_MS);
  }
}

/** Why a trigger was not taken. */
export function refusalOf(name: string, reason: SkipReason): AppError {
  if (reason === 'overlap')
    return new AppError('EMITTER_BUSY', `Emitter ${name} has as many messages in flight as it may.`);
  return new AppError('TARGET_UNAVAILABLE', `Emitter ${name} spares its target, which keeps failing.`);
}
