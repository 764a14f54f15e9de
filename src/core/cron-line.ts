import { Cron, CronPattern } from 'croner';
import { AppError } from './errors.js';

const DAY_MS = 86_400_000;
const LONGEST = 200;
const OPTIONS = { mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' } as const;

/**
 * A cron line on a calendar without zones: times are milliseconds as if local time were UTC. Croner parses the line and
 * searches days; the time of day is counted here, since croner takes 80 us for each tick of a zone.
 */
export class CronLine {
  /** Second, minute and hour are numbers, lists or ranges: neither `*` nor a step. */
  readonly fixed: boolean;
  private readonly days: Cron;
  private readonly hours: number[];
  private readonly minutes: number[];
  private readonly seconds: number[];
  private readonly perDay: number;

  /** Throws VALIDATION_FAILED for what is no cron line, and for one whose day never comes. */
  constructor(line: string) {
    const fields = line.slice(0, LONGEST + 1).match(/\S+/g) ?? [];
    if (line.length > LONGEST || (fields.length !== 5 && fields.length !== 6))
      throw noLine(line, fields.length === 1 ? 'one word is not enough' : `it has ${fields.length} fields`);
    const pattern = parse(line);
    this.fixed = pattern.isFixedTime;
    [this.hours, this.minutes, this.seconds] = [pattern.hour, pattern.minute, pattern.second].map(
      setOnes,
    ) as [number[], number[], number[]];
    this.perDay = this.hours.length * this.minutes.length * this.seconds.length;
    this.days = new Cron(`0 0 0 ${fields.slice(-3).join(' ')}`, { ...OPTIONS, utcOffset: 0, paused: true });
    // Within 400 years, after which the calendar repeats itself: croner looks no further.
    if (this.nextDay(0) === null)
      throw new AppError('VALIDATION_FAILED', `The cron line "${line}" names a date that never comes.`);
  }

  /** The first time after `after`, or null. */
  next(after: number): number | null {
    const day = dayOf(after);
    if (this.isDay(day)) {
      const rank = this.rank(after - day);
      if (rank < this.perDay) return day + this.timeAt(rank);
    }
    const later = this.nextDay(day);
    return later === null ? null : later + this.timeAt(0);
  }

  /** The newest time up to and with `upTo`, or null. */
  latest(upTo: number): number | null {
    const day = dayOf(upTo);
    if (this.isDay(day)) {
      const rank = this.rank(upTo - day);
      if (rank > 0) return day + this.timeAt(rank - 1);
    }
    const [earlier] = this.days.previousRuns(1, new Date(day));
    return earlier ? earlier.getTime() + this.timeAt(this.perDay - 1) : null;
  }

  /** How many times lie after `after`, up to and with `upTo`; takes a step a day. */
  count(after: number, upTo: number): number {
    const first = dayOf(after);
    const last = dayOf(upTo);
    let days = 0;
    for (let day = first; day < last; day += DAY_MS) if (this.isDay(day)) days += 1;
    return Math.max(0, days * this.perDay + this.countToday(last, upTo) - this.countToday(first, after));
  }

  private countToday(day: number, upTo: number): number {
    return this.isDay(day) ? this.rank(upTo - day) : 0;
  }

  private isDay(day: number): boolean {
    return this.days.match(new Date(day));
  }

  private nextDay(day: number): number | null {
    if (this.isDay(day + DAY_MS)) return day + DAY_MS;
    return this.days.nextRun(new Date(day))?.getTime() ?? null;
  }

  /** How many times of a day lie at or before `ms` of it. */
  private rank(ms: number): number {
    const s = Math.floor(ms / 1000);
    const [hour, minute, second] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
    const perMinute = this.seconds.length;
    const perHour = this.minutes.length * perMinute;
    let rank = below(this.hours, hour) * perHour;
    if (!this.hours.includes(hour)) return rank;
    rank += below(this.minutes, minute) * perMinute;
    return this.minutes.includes(minute) ? rank + below(this.seconds, second + 1) : rank;
  }

  /** The time of day with `rank` times before it, milliseconds. */
  private timeAt(rank: number): number {
    const perMinute = this.seconds.length;
    const second = this.seconds[rank % perMinute] ?? 0;
    const minute = this.minutes[Math.floor(rank / perMinute) % this.minutes.length] ?? 0;
    const hour = this.hours[Math.floor(rank / (perMinute * this.minutes.length))] ?? 0;
    return (hour * 3600 + minute * 60 + second) * 1000;
  }
}

function parse(line: string): CronPattern {
  try {
    return new CronPattern(line, undefined, OPTIONS);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw noLine(line, reason.replace(/^CronPattern: /, ''));
  }
}

function noLine(line: string, reason: string): AppError {
  const shown = line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
  return new AppError(
    'VALIDATION_FAILED',
    `"${shown}" is no cron line: ${reason}. Write five fields (minute, hour, day, month, weekday), or six with the second first.`,
  );
}

const dayOf = (ms: number) => Math.floor(ms / DAY_MS) * DAY_MS;
const setOnes = (flags: readonly number[]) => flags.flatMap((flag, index) => (flag ? [index] : []));
const below = (sorted: readonly number[], limit: number) => {
  const index = sorted.findIndex((value) => value >= limit);
  return index === -1 ? sorted.length : index;
};
