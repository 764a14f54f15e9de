import type { EmitEnd } from '../message.js';

/** Why a tick was not sent. */
export const SKIP_REASONS = ['missed', 'overlap', 'paused', 'circuit', 'not_leader'] as const;

export type SkipReason = (typeof SKIP_REASONS)[number];

const ENDS = ['delivered', 'refused', 'given up'] as const satisfies readonly EmitEnd[];

/** planned = sent + all skipped; sent = delivered + refused + given up + in flight. */
export interface BooksSnapshot {
  planned: number;
  sent: number;
  skipped: Record<SkipReason, number>;
  delivered: number;
  refused: number;
  givenUp: number;
  /** What waits for its turn is in flight too. */
  inFlight: number;
}

/** One message that was taken: exactly one of these is to be called; only the first call counts. */
export interface Entry {
  end(end: EmitEnd): void;
  /** It was never tried: found the circuit open, or the lead lost, when its turn came. */
  skip(reason: SkipReason): void;
}

/**
 * The books of one emitter: what became of every tick and every trigger. They cannot get out of balance, since each call
 * moves something from one place to another, or puts the same amount on both sides.
 */
export class Books {
  private planned = 0;
  private sent = 0;
  private inFlight = 0;
  private readonly skipped = Object.fromEntries(SKIP_REASONS.map((reason) => [reason, 0])) as Record<
    SkipReason,
    number
  >;
  private readonly ends = Object.fromEntries(ENDS.map((end) => [end, 0])) as Record<EmitEnd, number>;

  /** So many ticks were planned and are not sent. */
  skip(reason: SkipReason, ticks = 1): void {
    this.planned += ticks;
    this.skipped[reason] += ticks;
  }

  /** A tick or a trigger was planned, and taken to be sent. */
  send(): Entry {
    this.planned += 1;
    this.sent += 1;
    this.inFlight += 1;
    let open = true;
    const once = (move: () => void) => {
      if (!open) return;
      open = false;
      this.inFlight -= 1;
      move();
    };
    return {
      end: (end) => once(() => (this.ends[end] += 1)),
      skip: (reason) =>
        once(() => {
          this.sent -= 1;
          this.skipped[reason] += 1;
        }),
    };
  }

  snapshot(): BooksSnapshot {
    const { delivered, refused, 'given up': givenUp } = this.ends;
    const { planned, sent, inFlight } = this;
    return { planned, sent, skipped: { ...this.skipped }, delivered, refused, givenUp, inFlight };
  }
}

/** What is missing on the right sides of the two equations, 0 and 0 when they hold. */
export function balance(books: BooksSnapshot): { planned: number; sent: number } {
  const skipped = Object.values(books.skipped).reduce((sum, count) => sum + count, 0);
  return {
    planned: books.planned - books.sent - skipped,
    sent: books.sent - books.delivered - books.refused - books.givenUp - books.inFlight,
  };
}
