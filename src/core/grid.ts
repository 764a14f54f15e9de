import { AppError } from './errors.js';

/**
 * The moments at which something happens, milliseconds since the Unix epoch. They follow from the grid alone, never from
 * when it was asked or from what happened before: no drift can add up. Nothing here takes a step per tick passed over.
 */
export interface Grid {
  /** The first tick strictly after `afterMs`; null when none comes any more. */
  next(afterMs: number): number | null;
  /** The newest tick after `afterMs`, up to and with `upToMs`; null when there is none. */
  latest(afterMs: number, upToMs: number): number | null;
  /** How many ticks lie after `afterMs`, up to and with `upToMs`. */
  count(afterMs: number, upToMs: number): number;
}

export interface EveryGrid {
  /** Where tick 0 lies; milliseconds since the Unix epoch, whole. */
  anchorMs: number;
  /** Whole, 1 at least. */
  periodMs: number;
}

/** Tick k at anchor + k * period exactly, for negative k too. Whole numbers only, so nothing is ever rounded. */
export function everyGrid({ anchorMs, periodMs }: EveryGrid): Grid {
  if (!Number.isSafeInteger(anchorMs) || !Number.isSafeInteger(periodMs) || periodMs < 1)
    throw new AppError('VALIDATION_FAILED', 'A period is a whole number of milliseconds, 1 at least.');
  return new PeriodGrid(anchorMs, periodMs);
}

/** Two numbers and nothing else: there may be 100,000 of them. */
class PeriodGrid implements Grid {
  constructor(
    private readonly anchorMs: number,
    private readonly periodMs: number,
  ) {}

  next(afterMs: number): number {
    return this.floor(afterMs) + this.periodMs;
  }

  latest(afterMs: number, upToMs: number): number | null {
    const tick = this.floor(upToMs);
    return tick > afterMs ? tick : null;
  }

  count(afterMs: number, upToMs: number): number {
    return Math.max(0, (this.floor(upToMs) - this.floor(afterMs)) / this.periodMs);
  }

  /** The newest tick at or before `ms`. */
  private floor(ms: number): number {
    const { anchorMs, periodMs } = this;
    const since = Math.floor(ms) - anchorMs;
    return anchorMs + since - (((since % periodMs) + periodMs) % periodMs);
  }
}

/** Without a tick. */
export const neverGrid: Grid = { next: () => null, latest: () => null, count: () => 0 };
