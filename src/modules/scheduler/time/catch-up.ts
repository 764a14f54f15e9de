import type { CatchUp } from '../../../config/scheduler-settings.js';
import type { Entry } from './entry.js';

/** What is made up for. Times in milliseconds since the Unix epoch. */
export interface Reach {
  /** Ticks up to here are due. */
  upTo: number;
  /** Ticks before this are too old, whatever the policy. */
  oldest: number;
  /** False: of each monitor's due ticks only the newest counts. */
  all: boolean;
}

/** What of one monitor's due ticks is passed over, and where it goes on. */
export interface Passed {
  /** Older than the window. */
  window: number;
  /** A newer one is due too. */
  missed: number;
  /** The first tick that is neither passed over nor dealt with; it may lie in the future. */
  at: number;
}

/** Takes no step per tick. */
export function passOver(entry: Entry, { upTo, oldest, all }: Reach): Passed {
  let { at } = entry;
  let window = 0;
  if (at < oldest) {
    const last = Math.min(upTo, Math.ceil(oldest) - 1);
    window = entry.dueBy(last);
    at = entry.after(last);
  }
  const newest = all || at > upTo ? null : entry.grid.latest(at, upTo);
  if (newest === null) return { window, missed: 0, at };
  return { window, missed: 1 + entry.grid.count(at, newest - 1), at: newest };
}

/**
 * Where a monitor goes on that a new leader finds, `since` being the time up to which all is enqueued already: with
 * `none` after now, what is due until then being passed over; else after `since`.
 */
export function takeUp(entry: Entry, since: number, now: number, policy: CatchUp, windowMs: number): Passed {
  const at = entry.after(since);
  if (policy !== 'none' || at > now) return { window: 0, missed: 0, at };
  const window = entry.grid.count(since, Math.min(now, Math.ceil(now - windowMs) - 1));
  return { window, missed: entry.grid.count(since, now) - window, at: entry.after(now) };
}
