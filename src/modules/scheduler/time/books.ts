/** Why a tick did not become a task. */
export const SKIP_REASONS = ['missed', 'fenced', 'window', 'paused'] as const;
/**
 * `missed`: a newer one was due too (`latest`), or the policy is `none`. `fenced`: this process did not lead any more.
 * `window`: it became too old. `paused`: its monitor was paused or deleted meanwhile.
 */
export type SkipReason = (typeof SKIP_REASONS)[number];

/** planned = enqueued + duplicate + all skipped + waiting. */
export interface BooksSnapshot {
  planned: number;
  enqueued: number;
  /** A task of its id lay in the queue already. */
  duplicate: number;
  skipped: Record<SkipReason, number>;
  /** Due, and in none of the others yet. */
  waiting: number;
}

/**
 * What became of every tick that was due in this process, over all its terms. They cannot get out of balance: each call
 * moves something from one place to another, or puts the same amount on both sides.
 */
export class Books {
  private planned = 0;
  private enqueued = 0;
  private duplicate = 0;
  private taken = 0;
  private readonly skipped: Record<SkipReason, number> = { missed: 0, fenced: 0, window: 0, paused: 0 };
  /** Due and not taken: who plans them counts them when somebody looks. */
  private due: () => number = () => 0;

  watch(due: () => number): void {
    this.due = due;
  }

  /** So many due ticks are in hand, to be enqueued. */
  take(ticks: number): void {
    this.planned += ticks;
    this.taken += ticks;
  }

  /** What the queue answered for ticks in hand. */
  enqueue(enqueued: number, duplicate: number): void {
    this.taken -= enqueued + duplicate;
    this.enqueued += enqueued;
    this.duplicate += duplicate;
  }

  /** Ticks in hand are given up. */
  drop(reason: SkipReason, ticks: number): void {
    this.taken -= ticks;
    this.skipped[reason] += ticks;
  }

  /** Due ticks are passed over that were in nobody's hand. */
  skip(reason: SkipReason, ticks: number): void {
    this.planned += ticks;
    this.skipped[reason] += ticks;
  }

  snapshot(): BooksSnapshot {
    const due = this.due();
    const { enqueued, duplicate, skipped } = this;
    return {
      planned: this.planned + due,
      enqueued,
      duplicate,
      skipped: { ...skipped },
      waiting: this.taken + due,
    };
  }
}

/** What is missing on the right side; 0 when the books balance. */
export function balance({ planned, enqueued, duplicate, skipped, waiting }: BooksSnapshot): number {
  return planned - enqueued - duplicate - waiting - SKIP_REASONS.reduce((sum, why) => sum + skipped[why], 0);
}
