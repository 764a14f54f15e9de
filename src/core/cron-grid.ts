import { CronLine } from './cron-line.js';
import type { Grid } from './grid.js';
import { ZoneOffsets, type OffsetPeriod } from './zone-offsets.js';

/** More than clocks are ever set by at once, milliseconds. */
const MARGIN_MS = 2 * 86_400_000;
/** Of a search, periods of a zone: each day that comes takes three at most, so this is more than 15 days lost in gaps. */
const MOST_STEPS = 50;

/**
 * The grid of a cron line in a time zone. Throws VALIDATION_FAILED, saying what to write, for a line or zone that does
 * not exist and for a date that is in no calendar (none within 400 years). Where each time that the line names falls
 * into a gap of the zone's clocks, `next` is null from the first: who takes lines from people asks for it (cronMistake).
 *
 * @param line five fields (minute, hour, day, month, weekday), or six with the second first. Lists, ranges, steps,
 * names, `?`, `L`, `W` and `#` as croner has them; a day that fits the day *or* the weekday when both are given.
 * @param zone an IANA name, or the zone itself, which many lines may share: it is some 30 kB.
 *
 * When clocks change: a line whose second, minute and hour have neither `*` nor a step names times of day. Each happens
 * once: at the first moment after the gap if clocks were set ahead over it, at the first of two if it comes twice. Any
 * other line goes by the clock that is seen: minute by minute through a repeated hour, and without the times in a gap,
 * so every 15 minutes stays every 15 real minutes.
 *
 * Croner's own search is not used for this: it loses a fixed time in a gap that ends at midnight (America/Nuuk).
 */
export function cronGrid(line: string, zone: string | ZoneOffsets): Grid {
  const cron = new CronLine(line);
  return new CronGrid(cron, typeof zone === 'string' ? new ZoneOffsets(zone) : zone);
}

class CronGrid implements Grid {
  /** The last answer of `next`: asked for again and again while one waits. */
  private known: { after: number; next: number | null } | null = null;

  constructor(
    private readonly line: CronLine,
    private readonly zone: ZoneOffsets,
  ) {}

  next(afterMs: number): number | null {
    const { known } = this;
    if (known && afterMs >= known.after && (known.next === null || afterMs < known.next)) return known.next;
    const next = this.search(afterMs);
    this.known = { after: afterMs, next };
    return next;
  }

  latest(afterMs: number, upToMs: number): number | null {
    for (let upTo = upToMs; upTo > afterMs;) {
      const period = this.zone.periodAt(upTo);
      const tick = this.lastIn(period, upTo);
      if (tick !== null) return tick > afterMs ? tick : null;
      upTo = period.from - 1;
    }
    return null;
  }

  count(afterMs: number, upToMs: number): number {
    let count = 0;
    for (let after = afterMs; after < upToMs;) {
      const period = this.zone.periodAt(after + 1);
      count += this.countIn(period, after, Math.min(upToMs, period.to - 1));
      after = period.to - 1;
    }
    return count;
  }

  private search(afterMs: number): number | null {
    let after = afterMs;
    for (let steps = 0; steps < MOST_STEPS; steps += 1) {
      const period = this.zone.periodAt(after + 1);
      if (after < period.from && this.hasGapTick(period)) return period.from;
      const local = this.line.next(Math.max(after + period.offset, firstLocal(period, this.line) - 1));
      if (local === null) return null;
      const tick = local - period.offset;
      if (tick < period.to) return tick;
      // Whole years are passed over at once; but not the end of a period, whose last hour may come a second time.
      const isNearEnd = period.to - after < MARGIN_MS;
      after = isNearEnd ? period.to - 1 : Math.max(period.to - 1, tick - MARGIN_MS);
    }
    return null;
  }

  private lastIn(period: OffsetPeriod, upTo: number): number | null {
    const local = this.line.latest(upTo + period.offset);
    if (local !== null && local >= firstLocal(period, this.line)) return local - period.offset;
    return this.hasGapTick(period) ? period.from : null;
  }

  private countIn(period: OffsetPeriod, after: number, upTo: number): number {
    const { from, offset } = period;
    const afterLocal = Math.max(after + offset, firstLocal(period, this.line) - 1);
    const count = afterLocal < upTo + offset ? this.line.count(afterLocal, upTo + offset) : 0;
    if (after >= from || !this.hasGapTick(period)) return count;
    return this.line.next(from + offset - 1) === from + offset ? count : count + 1;
  }

  /** Clocks were set ahead over a fixed time at the beginning of this period. */
  private hasGapTick({ from, offset, offsetBefore }: OffsetPeriod): boolean {
    if (!this.line.fixed || offset <= offsetBefore) return false;
    const local = this.line.next(from + offsetBefore - 1);
    return local !== null && local < from + offset;
  }
}

/** Where a period's local times begin; fixed times that the period before had already are no part of it. */
function firstLocal({ from, offset, offsetBefore }: OffsetPeriod, { fixed }: CronLine): number {
  return from + (fixed ? Math.max(offset, offsetBefore) : offset);
}
