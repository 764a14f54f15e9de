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
  /** The newest tick at or before `ms`. */
  const floor = (ms: number) => {
    const since = Math.floor(ms) - anchorMs;
    return anchorMs + since - (((since % periodMs) + periodMs) % periodMs);
  };
  return {
    next: (afterMs) => floor(afterMs) + periodMs,
    latest: (afterMs, upToMs) => {
      const tick = floor(upToMs);
      return tick > afterMs ? tick : null;
    },
    count: (afterMs, upToMs) => Math.max(0, (floor(upToMs) - floor(afterMs)) / periodMs),
  };
}

/** Without a tick. */
export const neverGrid: Grid = { next: () => null, latest: () => null, count: () => 0 };
