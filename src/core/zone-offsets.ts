import { AppError } from './errors.js';

/** No zone has changed its clocks twice within a week. */
const STEP_MS = 7 * 86_400_000;
/** How far a period is followed either way; it may go on after that. */
const REACH_MS = 58 * STEP_MS;

/** A stretch of time in which a zone's clocks keep one distance from UTC: from <= t < to. Milliseconds. */
export interface OffsetPeriod {
  from: number;
  to: number;
  /** Local time minus UTC. */
  offset: number;
  /** Of the period before; the same where this one was only followed so far. */
  offsetBefore: number;
}

/** When the clocks of one IANA time zone change, as the runtime's own table has it. */
export class ZoneOffsets {
  private readonly format: Intl.DateTimeFormat;
  private last: OffsetPeriod | null = null;

  /** Throws VALIDATION_FAILED for a zone that does not exist. */
  constructor(zone: string) {
    try {
      this.format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    } catch {
      throw new AppError(
        'VALIDATION_FAILED',
        `There is no time zone "${zone.slice(0, 60)}"; write an IANA name such as Europe/Vienna or UTC.`,
      );
    }
  }

  /** Local time minus UTC at a moment, milliseconds. */
  offsetAt(ms: number): number {
    const [, sign, hours, minutes, seconds] =
      /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(this.format.format(ms)) ?? [];
    if (sign === undefined) return 0;
    const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
    return (sign === '-' ? -size : size) * 1000;
  }

  /** The period that a moment lies in. */
  periodAt(ms: number): OffsetPeriod {
    if (this.last && ms >= this.last.from && ms < this.last.to) return this.last;
    const at = Math.floor(ms / 1000) * 1000;
    const offset = this.offsetAt(at);
    const from = this.change(at, -1, offset);
    const to = this.change(at, 1, offset);
    this.last = { from, to, offset, offsetBefore: this.offsetAt(from - 1000) };
    return this.last;
  }

  /** The first second of the new offset, searched from `at` in one direction. */
  private change(at: number, direction: 1 | -1, offset: number): number {
    let near = at;
    let far = at + direction * STEP_MS;
    while (this.offsetAt(far) === offset) {
      near = far;
      far += direction * STEP_MS;
      if (Math.abs(far - at) > REACH_MS) return near;
    }
    while (Math.abs(far - near) > 1000) {
      const middle = near + Math.trunc((far - near) / 2000) * 1000;
      if (this.offsetAt(middle) === offset) near = middle;
      else far = middle;
    }
    return Math.max(near, far);
  }
}
